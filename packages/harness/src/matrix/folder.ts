/** The run folder of a matrix: a new one, or that of an earlier matrix whose cells are kept. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import type { CellResult } from '@nanscope/lane';
import {
  checkEarlierRun,
  checkNewRun,
  type MatrixRecord,
  makeRunFolder,
  moveAside,
  readRun,
  readText,
  writeJson,
} from '@nanscope/record';
import { configRecord, type MatrixConfig } from '@nanscope/settings';
import type { NamedDevice } from '../experiments/named-devices.ts';
import { defaultRunFolder } from '../run-folder/resumed-settings.ts';
import { resumeCells, startCells } from './cells-file.ts';

interface MatrixFolder {
  readonly path: string;
  /** By id; empty unless it goes on. */
  readonly known: ReadonlyMap<string, CellResult>;
}

/** What config.json says of the devices whose cells are in the folder: names, and what they meant. */
type Labels = Readonly<Record<string, string>>;

const isLabels = (value: unknown): value is Labels =>
  value !== null &&
  typeof value === 'object' &&
  !Array.isArray(value) &&
  Object.values(value).every((label) => typeof label === 'string');

/**
 * Before a device is looked for: whether the cells may go where the flags say.
 *
 * @throws UserError `matrix/resume`, `run-folder/foreign`, `resume/no-run`
 */
export function checkMatrixFolder({ out, resume, timings }: MatrixConfig): void {
  if (resume) earlierMatrix(out);
  else if (out !== undefined) checkNewRun(out, 'matrix', { timings });
}

/** @throws UserError `matrix/resume`, `matrix/cells-file`, `run-folder/foreign`, `run-folder/unwritable` */
export function openMatrixFolder(
  config: MatrixConfig,
  devices: readonly NamedDevice[],
  say: (what: string) => void,
): MatrixFolder {
  const path = config.out ?? defaultRunFolder(new Date());
  const here: Labels = Object.fromEntries(devices.map(({ name, decision }) => [name, decision.label]));
  let before: Labels = {};
  let known: ReadonlyMap<string, CellResult> = new Map();
  if (config.resume) {
    before = resumedLabels(config.out, here);
    known = resumeCells(path);
  } else {
    const earlier = moveAside(path, 'matrix');
    if (earlier) say(`moved the earlier run in ${path} to ${earlier}`);
  }
  makeRunFolder(path, 'matrix');
  const { factors, ...rest } = config;
  writeJson(path, 'config.json', {
    ...configRecord({ ...rest, ...factors }),
    devices: { ...before, ...here },
  });
  startCells(path);
  return { path, known };
}

/** The folder of the matrix that is gone on with. */
function earlierMatrix(out: string | undefined): string {
  if (out !== undefined) checkEarlierRun(out, 'matrix', { flag: '--resume --out' });
  if (out !== undefined && existsSync(join(out, 'cells.jsonl'))) return out;
  const found = out === undefined ? 'no --out' : `no cells.jsonl in ${out}`;
  throw new UserError(
    'matrix/resume',
    `--resume: expected --out with the folder of an earlier matrix, found ${found}.`,
  );
}

/** The devices of an earlier run: a name has to mean the same device still. */
function resumedLabels(folder: string | undefined, here: Labels): Labels {
  const out = earlierMatrix(folder);
  const before = readLabels(join(out, 'config.json'));
  for (const [name, label] of Object.entries(here)) {
    if (before[name] === undefined || before[name] === label) continue;
    throw new UserError(
      'matrix/resume',
      `--resume: the cells of ${name} in ${out} are of ${before[name]}, and here it is ${label}. Name another folder with --out.`,
    );
  }
  return before;
}

function readLabels(path: string): Labels {
  if (!existsSync(path)) return {};
  const text = readText(path, 'the configuration of a matrix');
  const refuse = (found: string) =>
    new UserError('matrix/resume', `${path}: expected the configuration of a matrix, found ${found}.`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw refuse(errorLine(error));
  }
  const { devices = {} } = { ...(content as { readonly devices?: unknown } | null) };
  if (content === null || Array.isArray(content) || !isLabels(devices)) throw refuse('something else');
  return devices;
}

// The record of an earlier matrix, named by a flag or to be merged.

/**
 * @param asker who names the folder, for the message: `--timings`, `merge`
 * @throws {UserError} `matrix/no-matrix`, and those of `readRun`
 */
export function readMatrix(folder: string, asker: string): MatrixRecord {
  const run = readRun(folder);
  if (run.kind === 'matrix') return run;
  throw new UserError(
    'matrix/no-matrix',
    `${asker} ${folder}: expected a run of kind matrix, found ${run.kind}.`,
  );
}
