/** The folder of a reduction: made aside, and put in its place when it is whole; an earlier one there is renamed, never lost. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';

/** What tells a folder of ours from another's. */
const RECORD = 'reduced.json';

const refuse = (folder: string, found: string) =>
  new UserError(
    'run-folder/foreign',
    `--out ${folder}: expected a free folder or an earlier reduction, found ${found}. Name another with --out.`,
  );

/** Before a long search: whether the result may be put there. @throws {UserError} `run-folder/foreign` */
export function checkPlace(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw refuse(folder, 'a file');
  const [first] = readdirSync(folder);
  if (first !== undefined && !existsSync(join(folder, RECORD))) throw refuse(folder, `${first} in it`);
}

/**
 * @param fill gets an empty folder beside `folder`
 * @returns where an earlier reduction was moved to, if there was one
 */
export async function makeFolder(
  folder: string,
  fill: (fresh: string) => Promise<void>,
): Promise<string | undefined> {
  const place = resolve(folder);
  const fresh = `${place}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(place), { recursive: true });
    mkdirSync(fresh);
    await fill(fresh);
    let earlier: string | undefined;
    if (existsSync(place) && readdirSync(place).length > 0) {
      let n = 1;
      while (existsSync(`${place}.${n}`)) n++;
      earlier = `${place}.${n}`;
      renameSync(place, earlier);
    }
    renameSync(fresh, place);
    return earlier;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error instanceof UserError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UserError(
      'run-folder/unwritable',
      `--out ${folder}: expected a folder that can be written, found ${errorLine(error)}. Name another with --out.`,
    );
  }
}
