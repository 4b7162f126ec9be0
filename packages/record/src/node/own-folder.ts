/**
 * Whether a folder is a command's own: the one door before any write into a folder. What a folder is, its content says:
 * the kind in a run.json, in a lane's record, or in the mark that a run leaves first; never the mere name of a file,
 * since a model, a checkpoint and a package have a config.json too. Nothing is written here.
 */
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorLine, UserError } from '@nanscope/errors';
import { isRecordKind, type RunRecord } from '../schema/kinds.ts';
import { readText } from './read.ts';

// Files of a folder that may come from anywhere: what is read of it lies in it, and is a plain file.

/**
 * @param name of ours, never out of a record: names in a record are words, not places
 * @returns the path of `folder/name`; undefined where there is nothing
 * @throws {UserError} `run-folder/outside` for a link that leads out of the folder, a device or a pipe
 */
export function fileInside(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  try {
    if (!lstatSync(path, { throwIfNoEntry: false })) return undefined;
    const place = realpathSync(path);
    if (!place.startsWith(realpathSync(folder) + sep)) throw new Error('a link that leads out of it');
    if (!statSync(place).isFile()) throw new Error('something else');
    return path;
  } catch (error) {
    throw new UserError(
      'run-folder/outside',
      `${path}: expected a plain file in the run folder, found ${errorLine(error)}.`,
    );
  }
}

/** What leaves a folder, and how a message names it. */
export const kindWords = {
  eval: 'an evaluation',
  train: 'a training run',
  generate: 'a generation',
  matrix: 'a matrix',
  reduce: 'a reduction',
} as const satisfies Partial<Record<RunRecord['kind'], string>>;

export type FolderKind = keyof typeof kindWords;

/** The file that a run leaves first: it says that the folder is a run of ours, and of which kind. */
export const MARK = '.nanscope';

/** @returns content of the mark */
export const markText = (kind: FolderKind): string => `${JSON.stringify({ kind })}\n`;

/** What a run writes at the top of its folder; a reporter adds files of its own. */
const OURS = new Set([
  MARK,
  'run.json',
  'config.json',
  'input.jsonl',
  'batches.jsonl',
  'cells.jsonl',
  'target',
  'reference',
]);

type FolderState =
  | { readonly is: 'free' }
  /** Without a kind: an earlier version was cut off before it wrote one down. */
  | { readonly is: 'run'; readonly kind: FolderKind | undefined; readonly names: readonly string[] }
  | { readonly is: 'foreign'; readonly found: string };

const foreign = (found: string): FolderState => ({ is: 'foreign', found });

const isFolderKind = (kind: unknown): kind is FolderKind =>
  typeof kind === 'string' && Object.hasOwn(kindWords, kind);

function jsonIn(folder: string, name: string): Record<string, unknown> | undefined {
  try {
    const path = fileInside(folder, name);
    const content: unknown = path === undefined ? undefined : JSON.parse(readText(path, 'JSON'));
    return typeof content === 'object' && content !== null ? { ...content } : undefined;
  } catch {
    return undefined;
  }
}

/** The kind of a record of whatever version; undefined for what is no record. */
function recordKind(folder: string, name: string): RunRecord['kind'] | undefined {
  const { kind, schema, schemaVersion } = jsonIn(folder, name) ?? {};
  return isRecordKind(kind) && (schema ?? schemaVersion) !== undefined ? kind : undefined;
}

/** A lane's folder has to lie in its run's: what is written there is written nowhere else. */
function linkOut(path: string): string | undefined {
  const home = realpathSync(path);
  return ['target', 'reference'].find((name) => {
    const stat = lstatSync(join(path, name), { throwIfNoEntry: false });
    if (!stat?.isSymbolicLink()) return false;
    return !existsSync(join(path, name)) || !realpathSync(join(path, name)).startsWith(home + sep);
  });
}

/** What a folder that is no run seems to be. */
function seemingly(names: readonly string[]): string {
  if (names.includes('trainer.json')) return 'a checkpoint of a training run';
  if (names.includes('config.json') && names.some((name) => /\.(safetensors|bin)$/.test(name)))
    return 'a model';
  if (names.includes('.git')) return 'a git checkout';
  const others = names.filter((name) => name !== MARK).sort();
  return `${others.find((name) => OURS.has(name)) ?? others[0]} that is not of a run`;
}

function fromRecords(path: string, names: readonly string[]): FolderState | undefined {
  for (const name of ['reduced.json', 'run.json']) {
    if (!names.includes(name)) continue;
    const found = recordKind(path, name);
    const kind = found === 'reduce-op' ? 'reduce' : found;
    if (kind === 'lane' || kind === 'train-lane') return foreign('one lane of a run');
    if (kind === undefined) return foreign(`${name} that is not of a run`);
    return isFolderKind(kind) ? { is: 'run', kind, names } : foreign(`a record of ${kind}`);
  }
  for (const role of ['target', 'reference']) {
    if (!names.includes(role)) continue;
    const kind = recordKind(path, join(role, 'run.json'));
    if (kind === 'lane' || kind === 'train-lane')
      return { is: 'run', kind: kind === 'lane' ? 'eval' : 'train', names };
  }
  return undefined;
}

function fromMark(path: string, names: readonly string[]): FolderState | undefined {
  if (!names.includes(MARK)) return undefined;
  const { kind } = jsonIn(path, MARK) ?? {};
  if (isFolderKind(kind)) return { is: 'run', kind, names };
  const unfinished = (name: string) => OURS.has(name) || /^(run|config)\.json\.\d+\.tmp$/.test(name);
  if (!names.every(unfinished)) return undefined;
  return { is: 'run', kind: names.includes('cells.jsonl') ? 'matrix' : undefined, names };
}

/** What lies at a path. */
export function folderState(path: string): FolderState {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) {
      const dangling = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
      return dangling ? foreign('a link that leads nowhere') : { is: 'free' };
    }
    if (!stat.isDirectory()) return foreign('a file');
    const names = readdirSync(path);
    if (names.every((name) => name === MARK)) return { is: 'free' };
    const link = linkOut(path);
    if (link !== undefined) return foreign(`${link}, a link that leads out of it`);
    return fromRecords(path, names) ?? fromMark(path, names) ?? foreign(seemingly(names));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOTDIR' ? { is: 'free' } : foreign(errorLine(error));
  }
}

/** A folder that somebody lives in is not renamed, even if a run lies among the other things in it. */
function livedIn(path: string, names: readonly string[]): boolean {
  if (names.every((name) => OURS.has(name))) return false;
  const place = realpathSync(path);
  const within = (inner: string) => inner === place || inner.startsWith(place + sep);
  return names.includes('.git') || within(process.cwd()) || within(homedir());
}

/** Folders and files that a run reads, by the flag that named them. */
export type Inputs = Readonly<Record<string, string | undefined>>;

const real = (path: string): string => {
  const place = resolve(path);
  if (existsSync(place)) return realpathSync(place);
  return dirname(place) === place ? place : join(real(dirname(place)), basename(place));
};

/** Whether `inner` is `outer`, or lies in it; links are followed. */
export function isWithin(inner: string, outer: string): boolean {
  const [place, above] = [real(inner), real(outer)];
  return place === above || place.startsWith(above.endsWith(sep) ? above : above + sep);
}

/**
 * Before a new run is put at a path.
 *
 * @param inputs what the run reads: an earlier run that holds them is not moved away from under them
 * @returns whether an earlier run of the kind lies there, which has to be moved aside first
 * @throws {UserError} `run-folder/foreign` unless the place is free, empty, or an earlier run of the same kind
 */
export function checkNewRun(path: string, kind: FolderKind, inputs: Inputs = {}): boolean {
  const refuse = (found: string) =>
    new UserError(
      'run-folder/foreign',
      `--out ${path}: expected a new or empty folder, or that of ${kindWords[kind].replace(/^an? /, 'an earlier ')}, found ${found}. Name another with --out.`,
    );
  const state = folderState(path);
  if (state.is === 'foreign') throw refuse(state.found);
  if (state.is === 'free') return false;
  if (state.kind !== undefined && state.kind !== kind) throw refuse(`that of ${kindWords[state.kind]}`);
  if (livedIn(path, state.names)) throw refuse('an earlier run among other files');
  for (const [flag, input] of Object.entries(inputs))
    if (input !== undefined && existsSync(input) && isWithin(input, path))
      throw refuse(`--${flag} ${input} in it`);
  return true;
}

/**
 * Before a run is gone on with.
 *
 * @param flag that named it
 * @param help what else may have been meant, in a sentence
 * @throws {UserError} `resume/no-run` for a folder that is not of a run of the kind
 */
export function checkEarlierRun(
  path: string,
  kind: FolderKind,
  { flag = '--resume', help = '' }: { readonly flag?: string; readonly help?: string } = {},
): void {
  const state = folderState(path);
  if (state.is === 'run' && (state.kind ?? kind) === kind) return;
  const found =
    state.is === 'free'
      ? existsSync(path)
        ? 'an empty one'
        : 'nothing there'
      : state.is === 'foreign'
        ? state.found
        : `that of ${kindWords[state.kind!]}`;
  throw new UserError(
    'resume/no-run',
    `${flag} ${path}: expected the folder of ${kindWords[kind]}, found ${found}.${help} Name the folder that a run was written to with --out.`,
  );
}

// Who writes into a lane's folder. A lane whose parent was killed finishes its batch before it notices: one that goes
// on in the same folder has to wait for it, or both would append.

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

/** The process of this machine that holds the folder; one of another machine cannot be asked. */
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
        `${folder}: expected a folder that no other run writes into, found process ${pid}. Wait for it; if it is not nanscope, remove ${path}.`,
      );
    }
    await sleep(50);
  }
  writeFileSync(path, `${hostname()} ${process.pid}\n`);
  return () => rmSync(path, { force: true });
}
