/**
 * Runs the real command line in a process of its own, the way a user does: standard output and standard error apart, the
 * exit code, and a folder of its own for each test file.
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
import { afterAll, expect, vi } from 'vitest';
import { bundleOf, mainOf } from '../../apps/cli/scripts/bundle.mjs';

// Each run is several processes; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const at = (path: string) => fileURLToPath(new URL(`../../apps/cli/${path}`, import.meta.url));

/** As the workspace runs: bundled (../build.ts). */
const bundled = [mainOf(await bundleOf())];
/** As it runs with a third party's backend: from the sources, and with it a backend that is TypeScript as well. */
const source = ['--conditions=@nanscope/source', `--import=${import.meta.resolve('tsx')}`, at('src/main.ts')];

const isTypeScript = (word: string) => word.endsWith('.ts');

/** A file beside the tests. */
export const fixture = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

export interface StartOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** No file may grow beyond so many blocks of 512 bytes, as if the disk were full. Not on Windows. */
  readonly fileBlocks?: number;
  /** From the sources, though no argument names a backend in TypeScript: a run folder does. */
  readonly fromSource?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the command line and does not wait. */
export function start(args: readonly string[], options: StartOptions = {}): Running {
  const { fileBlocks, fromSource = args.some(isTypeScript) } = options;
  const command = [process.execPath, ...(fromSource ? source : bundled), ...args];
  const limited = fileBlocks === undefined ? [] : ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`];
  const [program, ...rest] = [...limited, ...command];
  const child = spawn(program!, rest, {
    cwd: options.cwd,
    // As on a terminal: in CI other findings make the exit code 1.
    env: { ...process.env, NO_COLOR: '1', CI: '', ...options.env },
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

export const run = (args: readonly string[], options?: StartOptions): Promise<Ended> =>
  start(args, options).ended;

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
