/**
 * `pnpm bench`: speed of evaluation on the shape of GPT-2 124M, batch 4 x 128, random weights. Every figure is a
 * ratio taken in one run: tracing levels against tracing off, everything against a plain tfjs composition and,
 * where Python has torch, against PyTorch eager on the same cores.
 */
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Measured, Mode } from './worker.ts';

const run = promisify(execFile);
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const source = [...process.execArgv];

export interface BenchOptions {
  readonly backends: readonly string[];
  readonly preset: string;
  readonly rounds: number;
  readonly environment: Readonly<Record<string, string>>;
}

const BATCH = 4;
const LENGTH = 128;
const MODES: readonly Mode[] = ['off', 'gate', 'health', 'plain'];

export interface BackendFigures {
  readonly backend: string;
  readonly tokensPerSecond: number;
  /** Time of a mode over time of `off`, medians of one run. */
  readonly ratio: Readonly<Record<Mode, number>>;
  readonly peakMiB: Readonly<Record<string, number>>;
  readonly tensorsGrown: number;
  readonly bytesRead: number;
  readonly startupSeconds: number;
}

export const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function worker(
  backend: string,
  options: BenchOptions,
  rounds: number,
  modes: readonly Mode[],
): Promise<Measured> {
  const { stdout } = await run(
    process.execPath,
    [
      ...source,
      here('./worker.ts'),
      backend,
      options.preset,
      `${BATCH}`,
      `${LENGTH}`,
      `${rounds}`,
      modes.join(','),
    ],
    { env: { ...process.env, ...options.environment }, maxBuffer: 1 << 26 },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured;
}

/** Seconds from the start of the command to the first line of a lane's progress. */
function startup(backend: string): Promise<number> {
  const device = { webgpu: 'gpu', cpu: 'javascript' }[backend] ?? backend;
  const main = here('../../apps/cli/src/main.ts');
  const out = `runs/bench-${process.pid}-${backend}`;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(
      process.execPath,
      [...source, main, 'eval', '--device', device, '--reference', 'none', '--limit', '8', '--out', out],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let text = '';
    let seconds: number | undefined;
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (/batches/.test(text)) seconds ??= (performance.now() - began) / 1000;
    });
    child.on('close', () =>
      seconds === undefined
        ? reject(new Error(`eval on ${backend} showed no progress: ${text}`))
        : resolve(seconds),
    );
  });
}

export async function measureBackend(backend: string, options: BenchOptions): Promise<BackendFigures> {
  const timed = await worker(backend, options, options.rounds, MODES);
  const times = Object.fromEntries(MODES.map((mode) => [mode, median(timed.milliseconds[mode]!)])) as Record<
    Mode,
    number
  >;
  const peakMiB: Record<string, number> = {};
  for (const mode of ['off', 'health', 'plain'] as const) {
    peakMiB[mode] = Math.round((await worker(backend, options, 1, [mode])).peakBytes / 2 ** 20);
  }
  return {
    backend,
    tokensPerSecond: (1000 * BATCH * LENGTH) / times.off,
    ratio: Object.fromEntries(MODES.map((mode) => [mode, times[mode] / times.off])) as Record<Mode, number>,
    peakMiB,
    tensorsGrown: timed.tensorsGrown,
    bytesRead: timed.bytesRead,
    startupSeconds: await startup(backend),
  };
}

export interface TorchFigures {
  readonly torch: string;
  readonly threads: number;
  readonly tokensPerSecond: number;
}

/** PyTorch eager on the same shape, or undefined where Python or torch is missing. */
export async function measureTorch(rounds: number): Promise<TorchFigures | undefined> {
  const shape = ['12', '768', '12', '50257', `${BATCH}`, `${LENGTH}`, `${rounds}`];
  const result = await run('python3', [here('./pytorch_forward.py'), ...shape]).catch(() => undefined);
  if (!result) return undefined;
  const { torch, threads, seconds } = JSON.parse(result.stdout) as {
    torch: string;
    threads: number;
    seconds: number[];
  };
  return { torch, threads, tokensPerSecond: (BATCH * LENGTH) / median(seconds) };
}
