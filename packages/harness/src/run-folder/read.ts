/** Reading run folders, also unfinished ones: a torn last line of a .jsonl is skipped, nothing else is forgiven. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorLine, UserError } from '@nanscope/errors';
import {
  type LaneRecord,
  laneSchema,
  type ResultRecord,
  resultSchema,
  SCHEMA_VERSION,
  type TrainLaneRecord,
  type TrainResultRecord,
  trainLaneSchema,
  trainResultSchema,
} from '@nanscope/report';

/** The content of `folder/run.json`: a whole evaluation or training run, or one lane of it. */
export type RunRecord =
  | { readonly kind: 'eval'; readonly result: ResultRecord }
  | { readonly kind: 'lane'; readonly lane: LaneRecord }
  | { readonly kind: 'train'; readonly training: TrainResultRecord }
  | { readonly kind: 'train-lane'; readonly trainLane: TrainLaneRecord };

/** The schema of each kind of record; a whole evaluation is of kind `eval` or `compare`. */
const schemas = {
  lane: laneSchema,
  train: trainResultSchema,
  'train-lane': trainLaneSchema,
} as const;

const isKind = (kind: unknown): kind is keyof typeof schemas => Object.hasOwn(schemas, String(kind));

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(
      'run-folder/missing',
      `${path}: expected the run.json of a run folder, found ${errorLine(error)}.`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError('run-folder/broken', `${path}: expected JSON, found ${errorLine(error)}.`);
  }
}

/** @throws {UserError} `run-folder/missing`, `run-folder/broken`, `run-folder/version`, `run-folder/foreign` */
export function readRun(folder: string): RunRecord {
  const path = join(folder, 'run.json');
  const content = readJson(path) as { schemaVersion?: unknown; kind?: unknown };
  if (content === null || typeof content !== 'object' || content.schemaVersion === undefined) {
    throw new UserError(
      'run-folder/foreign',
      `${path}: expected a nanscope run, found JSON without schemaVersion.`,
    );
  }
  if (content.schemaVersion !== SCHEMA_VERSION) {
    throw new UserError(
      'run-folder/version',
      `${path}: expected schemaVersion ${SCHEMA_VERSION}, found ${JSON.stringify(content.schemaVersion)}. Read it with the nanscope that wrote it.`,
    );
  }
  const { kind } = content;
  const parsed = (isKind(kind) ? schemas[kind] : resultSchema).safeParse(content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(
      'run-folder/foreign',
      `${path}: expected a nanscope run, found a wrong field ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
    );
  }
  if (kind === 'lane') return { kind, lane: parsed.data as LaneRecord };
  if (kind === 'train') return { kind, training: parsed.data as TrainResultRecord };
  if (kind === 'train-lane') return { kind, trainLane: parsed.data as TrainLaneRecord };
  return { kind: 'eval', result: parsed.data as ResultRecord };
}

/** The lines of `folder/name` as they stand, streamed; nothing when the file is not there. */
export async function* readJsonLines<T>(folder: string, name: string): AsyncGenerator<T> {
  const path = join(folder, name);
  if (!existsSync(path)) return;
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let torn: { line: number; reason: string } | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    if (torn)
      throw new UserError(
        'run-folder/broken',
        `${path}, line ${torn.line}: expected JSON, found ${torn.reason}.`,
      );
    if (line.trim() === '') continue;
    try {
      yield JSON.parse(line) as T;
    } catch (error) {
      torn = { line: number, reason: errorLine(error) };
    }
  }
}

/** A lane's record, or undefined when the lane ended before it wrote one. */
export function readLane(folder: string): LaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'lane') return run.lane;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of one lane, found that of a whole evaluation.`,
  );
}

/** The same of a lane that trains. */
export function readTrainLane(folder: string): TrainLaneRecord | undefined {
  if (!existsSync(join(folder, 'run.json'))) return undefined;
  const run = readRun(folder);
  if (run.kind === 'train-lane') return run.trainLane;
  throw new UserError(
    'run-folder/foreign',
    `${folder}: expected the folder of a lane that trained, found that of another command.`,
  );
}
