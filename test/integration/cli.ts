/**
 * Runs the real command line, bundled as a user starts it: standard output and standard error apart, the exit code, and a folder
 * of its own for each test file. `start` gives it a process of its own, as signals and pipes need it; `run` runs it in this one
 * where that tells no difference (in-process.ts), or in one that lasts, beside a third party's backend (beside.ts). Its lanes are processes
 * either way; of those of `run`, the ones with a backend of ours serve one command after the other.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseResult, type ResultRecord } from '@nanscope/record';
import { afterAll, expect } from 'vitest';
import { bundleOf, mainOf, openArguments } from '../../apps/cli/scripts/bundle.mjs';
import { isBusyBeside, runBeside } from './beside.ts';
import { type Ended, environment, isBusy, runHere } from './in-process.ts';

export type { Ended };

/** As the workspace runs: bundled (../build.ts). */
const bundled = [mainOf(await bundleOf())];
/** As it runs with a third party's backend, TypeScript or not, which shares its packages. */
const open = await openArguments();

const isTypeScript = (word: string) => word.endsWith('.ts');

/** What Node is started with for a command, as its starter (apps/cli/bin) would start it. */
export const nodeArguments = (args: readonly string[], beside = args.some(isTypeScript)): string[] => [
  ...(beside ? open : bundled),
  ...args,
];

/** A file beside the tests. */
export const fixture = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** No file may grow beyond so many blocks of 512 bytes, as if the disk were full. Not on Windows. */
  readonly fileBlocks?: number;
  /** Beside a third party's backend, though no argument names one: a run folder does. */
  readonly beside?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the command line and does not wait. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  const { fileBlocks, beside } = options;
  const command = [process.execPath, ...nodeArguments(args, beside)];
  const limited = fileBlocks === undefined ? [] : ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`];
  const [program, ...rest] = [...limited, ...command];
  const child = spawn(program!, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...environment, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // A command that does not read it has left.
  child.stdin.end(options.input ?? '');
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}

/** One command at a time, for its output is the process's meanwhile; its input never. */
export function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  const { beside: isBeside = args.some(isTypeScript), ...more } = options;
  const own = args.includes('-') || Object.keys(more).length > 0 || (isBeside ? isBusyBeside() : isBusy());
  if (own) return start(args, options).ended;
  return isBeside ? runBeside(args) : runHere(args);
}

/** Runs `eval --json` and reads the result by its schema. */
export async function evaluate(...args: string[]): Promise<Ended & { readonly result: ResultRecord }> {
  const ended = await run(['eval', '--json', ...args]);
  if (ended.stdout === '') throw new Error(`eval ${args.join(' ')} left ${ended.code}: ${ended.stderr}`);
  return { ...ended, result: parseResult(ended.stdout, 'standard output') };
}

/** Process ids of the direct children of a process. */
export function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return lines.flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    return parent === pid ? [child!] : [];
  });
}

/** Waits until `ready` holds. */
export async function until(ready: () => boolean, what: string, seconds = 120): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!ready()) {
    if (performance.now() > end) throw new Error(`Waited ${seconds} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Rows of unequal length, so that batches are padded. */
export const rows = [
  'The cat sat on the mat and looked out of the window.',
  'It rained.',
  'Nobody had seen such weather in years.',
  'So it stayed where it was, on the warm mat.',
  'Later the sun came out.',
  'Then it left.',
];

/** A folder that goes away after the test file, with the rows in `text.txt`. */
export function workspace(): { readonly at: (name: string) => string; readonly text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nanscope-integration-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  const text = join(folder, 'text.txt');
  writeFileSync(text, `${rows.join('\n')}\n`);
  return { at: (name) => join(folder, name), text };
}

/** Every line of a .jsonl file is of its schema, and has no field that the schema does not know. */
export function expectLines(path: string, schema: { parse(line: unknown): unknown }): void {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines.length, path).toBeGreaterThan(0);
  for (const line of lines.map((text) => JSON.parse(text))) expect(schema.parse(line), path).toEqual(line);
}

/** Names, kinds, bytes and link targets of everything at a path. */
export function bytesOf(path: string): string {
  const hash = createHash('sha256');
  const add = (place: string, name: string): void => {
    const stat = lstatSync(place);
    hash.update(`${name}\0${stat.mode}\0`);
    if (stat.isSymbolicLink()) hash.update(readlinkSync(place));
    else if (stat.isFile()) hash.update(readFileSync(place));
    else for (const one of readdirSync(place).sort()) add(join(place, one), `${name}/${one}`);
  };
  add(path, '');
  return hash.digest('hex');
}
