/**
 * Who writes into a lane's folder. A lane whose parent was killed finishes its batch before it notices: one that goes
 * on in the same folder has to wait for it, or both would append.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '@nanscope/errors';

const FILE = 'lane.lock';

/** Seconds to wait for a lane of a run that was killed, which finishes its batch before it leaves. */
export const PATIENCE_SECONDS = 60;

/** A killed process that nobody has waited for still has an id. */
function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** The process of this machine that holds the folder; one of another machine can not be asked. */
function holder(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const [host, id] = readFileSync(path, 'utf8').slice(0, 300).trim().split(' ');
  const pid = Number(id);
  const other = host === hostname() && Number.isSafeInteger(pid) && pid > 0 && pid !== process.pid;
  return other && isAlive(pid) ? pid : undefined;
}

/**
 * @param patience seconds to wait for the process that holds it
 * @returns gives it back
 * @throws {UserError} `run-folder/held`
 */
export async function holdFolder(folder: string, patience: number): Promise<() => void> {
  const path = join(folder, FILE);
  const until = performance.now() + patience * 1000;
  for (let pid = holder(path); pid !== undefined; pid = holder(path)) {
    if (performance.now() > until) {
      throw new UserError(
        'run-folder/held',
        `${folder}: expected a folder that no other run writes into, found process ${pid}. Wait for it; if it is no nanscope, remove ${path}.`,
      );
    }
    await sleep(50);
  }
  writeFileSync(path, `${hostname()} ${process.pid}\n`);
  return () => rmSync(path, { force: true });
}
