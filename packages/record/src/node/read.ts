/** The run.json of a run folder on a disk. What it holds is parse-lines.ts's business. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { errorLine, UserError } from '@nanscope/errors';
import { type LineSchema, parseJsonLines, parseRun } from '../parse-lines.ts';
import type { RunRecord } from '../schema/kinds.ts';
import type { LaneRecord } from '../schema/lane.ts';
import type { TrainLaneRecord } from '../schema/train.ts';

// A text file of a run folder, which may come from anywhere: a plain file of a size that a run of ours can have.

/** No file of ours that is read whole comes near it; a larger one would be more than a text can hold. */
export const LARGEST_BYTES = 256 * 2 ** 20;

/**
 * @param expected what it should be, in words
 * @throws {UserError} `run-folder/missing` for what is not there, no plain file (a pipe would be waited for without end), or far too large
 */
export function readText(path: string, expected: string): string {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw new Error('nothing there');
    if (!stat.isFile()) throw new Error('something that is no plain file');
    if (stat.size > LARGEST_BYTES) throw new Error(`a file of ${Math.round(stat.size / 2 ** 20)} MiB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError('run-folder/missing', `${path}: expected ${expected}, found ${errorLine(error)}.`);
  }
}

/** @throws {UserError} `run-folder/missing`, `run-folder/broken`, `run-folder/version`, `run-folder/foreign` */
export const readRunFile = (path: string): RunRecord =>
  parseRun(readText(path, 'the run.json of a run folder'), path);

/** As `readRunFile`, of the `run.json` in a folder. */
export const readRun = (folder: string): RunRecord => readRunFile(join(folder, 'run.json'));

/** A lane's record, or undefined when the lane ended before it wrote one. */
export function readLane(folder: string): LaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'lane') return run;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of one lane, found that of a whole evaluation.`,
  );
}

/** The same of a lane that trains. */
export function readTrainLane(folder: string): TrainLaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'train-lane') return run;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of a lane that trained, found that of another command.`,
  );
}

// Lines of a .jsonl file, streamed, each held against its schema; a torn last one is skipped, nothing else is forgiven.

/** No line of ours comes near it; a file without line ends shall not fill the memory. */
const LONGEST = 64 * 2 ** 20;

/**
 * The lines of a text file, without their ends.
 *
 * @throws {UserError} `run-folder/broken` for a line longer than any of ours
 */
export async function* linesOf(path: string, longest = LONGEST): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let begun = '';
  for await (const chunk of createReadStream(path)) {
    const pieces = (begun + decoder.write(chunk as Buffer)).split('\n');
    begun = pieces.pop()!;
    for (const line of pieces) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    if (begun.length > longest) {
      throw new UserError(
        'run-folder/broken',
        `${path}: expected lines of JSON, found one of more than ${longest} characters.`,
      );
    }
  }
  begun += decoder.end();
  if (begun !== '') yield begun;
}

/**
 * The lines of `folder/name`; nothing when the file is not there.
 *
 * @throws {UserError} `run-folder/broken` for a line that is no JSON, `run-folder/foreign` for one of another shape
 */
export async function* readJsonLines<Line>(
  folder: string,
  name: string,
  schema: LineSchema<Line>,
): AsyncGenerator<Line> {
  const path = join(folder, name);
  if (existsSync(path)) yield* parseJsonLines(linesOf(path), path, name, schema);
}

// The lines of a file that are whole, each with where it ends, streamed: the file may be larger than memory.

const LINE_FEED = 10;

export interface WholeLine {
  readonly text: string;
  /** Byte offset after its line end. */
  readonly end: number;
}

/**
 * A last line without an end was cut off while it was written, and is left out. Nothing where there is no file.
 *
 * @param longest bytes of a line
 * @throws {UserError} `run-folder/missing` for what is no plain file, `run-folder/broken` for a line that is longer
 */
export async function* wholeLines(path: string, longest = LARGEST_BYTES): AsyncGenerator<WholeLine> {
  if (!existsSync(path)) return;
  if (!statSync(path).isFile()) {
    throw new UserError('run-folder/missing', `${path}: expected a plain file, found something else.`);
  }
  let parts: Buffer[] = [];
  let held = 0;
  let offset = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, at));
      start = at + 1;
      yield { text: Buffer.concat(parts).toString('utf8'), end: offset + start };
      [parts, held] = [[], 0];
    }
    parts.push(chunk.subarray(start));
    held += chunk.length - start;
    offset += chunk.length;
    if (held > longest) {
      throw new UserError(
        'run-folder/broken',
        `${path}: expected lines, found one of more than ${longest / 2 ** 20} MiB.`,
      );
    }
  }
}
