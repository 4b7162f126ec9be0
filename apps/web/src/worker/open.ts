/** A finished run from a zip, a folder or a JSON file -> what a report shows. Whatever is wrong with it is one clear line. */
import { UserError } from '@nanscope/errors';
import { cellRecords } from '@nanscope/harness';
import {
  type AnyRecord,
  cellLineSchema,
  isLane,
  parseJsonLines,
  parseRun,
  type ReportSubject,
} from '@nanscope/record';
import type { PageFile, Tasks } from './tasks.ts';
import { unpack } from './unpack.ts';

const MiB = 2 ** 20;
/** As on the command line: no record of ours comes near it. */
const LARGEST_BYTES = 256 * MiB;

const named = (path: string, name: string) => path === name || path.endsWith(`/${name}`);
const isOfRun = (path: string) => named(path, 'run.json') || named(path, 'cells.jsonl');

async function textsOf(files: readonly PageFile[]): Promise<Map<string, string>> {
  const [first] = files;
  if (first && files.length === 1 && /\.zip$/i.test(first.path))
    return unpack(first.path, first.file, isOfRun);
  const alone = files.length === 1;
  const texts = new Map<string, string>();
  for (const { path, file } of files) {
    if (!alone && !isOfRun(path)) continue;
    if (file.size > LARGEST_BYTES) {
      const found = `a file of ${Math.ceil(file.size / MiB)} MiB`;
      throw new UserError('page/run', `${path}: expected a nanscope result, found ${found}. Choose another.`);
    }
    texts.set(path, await file.text());
  }
  return texts;
}

/** The result of the whole run lies above those of its lanes. */
function outermost(paths: readonly string[]): string | undefined {
  const depth = (path: string) => path.split('/').length;
  return [...paths].sort((a, b) => depth(a) - depth(b))[0];
}

function wholeRun(text: string, path: string): AnyRecord {
  const run = parseRun(text, path);
  if (!isLane(run)) return run;
  throw new UserError(
    'page/run',
    `${path}: expected the result of a whole run, found one lane of it. Choose the folder above.`,
  );
}

/** @throws {UserError} for what is no run, or one of another version */
export async function open({ files }: Tasks['open']['given']): Promise<ReportSubject> {
  const texts = await textsOf(files);
  const path = outermost([...texts.keys()].filter((name) => !named(name, 'cells.jsonl')));
  const text = path === undefined ? undefined : texts.get(path);
  if (path === undefined || text === undefined) {
    const name = files[0]?.path ?? 'nothing';
    throw new UserError(
      'page/run',
      `${name}: expected a run.json in it, found none. Choose a run folder of nanscope.`,
    );
  }
  const record = wholeRun(text, path);
  const cellsPath = path.replace(/run\.json$/, 'cells.jsonl');
  const cells = texts.get(cellsPath);
  if (record.kind !== 'matrix' || cells === undefined || cellsPath === path) return { record };
  const lines = parseJsonLines(cells.split('\n'), cellsPath, 'cells.jsonl', cellLineSchema);
  return { record, cells: await cellRecords(lines, cellsPath) };
}
