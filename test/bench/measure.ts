/** What both benchmarks share: workers in processes of their own, the machine in words, the arithmetic of a table. */
import { execFile } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export interface BenchOptions {
  readonly backends: readonly string[];
  readonly preset: string;
  readonly rounds: number;
  /** What all rounds of one length may take, where a bench has lengths; longer ones are left out and said to be. */
  readonly seconds: number;
  /** The environment of the processes in which a backend opens. */
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
}

/** What a PyTorch script beside this file prints. */
export interface TorchTimes {
  readonly torch: string;
  readonly threads: number;
  /** Seconds of single rounds. */
  readonly seconds: readonly number[];
}

export const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
export const times = (value: number) => `${value.toFixed(2)}x`;
export const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)}`;
export const tableRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The machine as the tables name it. */
export const machine = () =>
  `${os.cpus()[0]?.model.trim()}, ${os.cpus().length} cores, Node ${process.versions.node}, ${process.platform}`;

/** Runs a worker and returns the JSON of its last line. @throws Error with the line that says why it ended */
export async function work<T>(
  module: string,
  args: readonly (string | number)[],
  environment: Readonly<Record<string, string>>,
): Promise<T> {
  const words = [...process.execArgv, here(module), ...args.map(String)];
  try {
    const { stdout } = await run(process.execPath, words, {
      env: { ...process.env, ...environment },
      maxBuffer: 1 << 26,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
  } catch (error) {
    const lines = `${(error as { stderr?: string }).stderr ?? error}`.split('\n');
    const line = lines.find((line) => /^\S*Error\b/.test(line)) ?? lines.find((line) => /error/i.test(line));
    throw new Error(line?.trim() ?? 'the worker ended without a word');
  }
}

/** Times a PyTorch script, or undefined where Python or torch is missing. */
export async function torchTimes(
  script: string,
  args: readonly (string | number)[],
): Promise<TorchTimes | undefined> {
  const python = process.env.NANSCOPE_PYTHON ?? 'python3';
  const result = await run(python, [here(script), ...args.map(String)]).catch(() => undefined);
  return result && (JSON.parse(result.stdout) as TorchTimes);
}
