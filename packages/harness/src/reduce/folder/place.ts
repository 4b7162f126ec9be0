/** The folder of a reduction: made aside, and put in its place when it is whole; an earlier one there is renamed, never lost. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { checkNewRun } from '@nanscope/record';

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
    if (checkNewRun(folder, 'reduce')) {
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
