import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdFolder } from './own-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const path = () => join(folder, 'lane.lock');

it('a folder is held by one process at a time, and given back', async () => {
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  writeFileSync(path(), `${hostname()} ${other.pid}\n`);
  await expect(holdFolder(folder, 0.1)).rejects.toThrow(
    new RegExp(`no other run writes into, found process ${other.pid}. .*remove .*lane.lock`),
  );
  const waiting = holdFolder(folder, 60);
  other.kill('SIGKILL');
  (await waiting)();
  expect(existsSync(path())).toBe(false);
});

it.each([
  ['a process that is gone', `${hostname()} 999999999\n`],
  ['another machine', 'elsewhere 1\n'],
  ['nobody', 'x'],
  ['a word', `${hostname()} ../x\n`],
])('a lock of %s holds nothing', async (_name, content) => {
  writeFileSync(path(), content);
  (await holdFolder(folder, 0))();
});
