/**
 * `pnpm bench torch`: what a trace of PyTorch costs at each level, beside the same step without one and beside torch's own DebugMode, in
 * one run of torch_tracing.py on the shape of GPT-2 124M. Python is NANSCOPE_PYTHON, else python3.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { UserError } from '@nanscope/errors';
import { type BenchOptions, machine, tableRow } from './measure.ts';

const run = promisify(execFile);
const lane = fileURLToPath(new URL('../../lanes/torch', import.meta.url));
const script = fileURLToPath(new URL('torch_tracing.py', import.meta.url));
const LAYERS = 12;

interface Measured {
  readonly versions: string;
  readonly threads: number;
  /** Processor time of the fastest round of each level. */
  readonly processorSeconds: Readonly<Record<string, number>>;
  readonly ratio: Readonly<Record<string, number>>;
}

const steps = { 'forward and loss': [], 'forward, loss and backward': ['--train'] } as const;

async function measured(flags: readonly string[], rounds: number): Promise<Measured> {
  const python = process.env.NANSCOPE_PYTHON ?? 'python3';
  const words = [script, '--json', '--layers', `${LAYERS}`, '--rounds', `${rounds}`];
  const { stdout } = await run(python, [...words, ...flags], {
    env: { ...process.env, PYTHONPATH: lane },
  }).catch((error: Error & { stderr?: string }) => {
    const said = error.stderr?.trim().split('\n').at(-1) ?? error.message;
    throw new UserError(
      'torch/no-torch',
      `expected a Python with torch and transformers at ${python}, found: ${said}. Name one with NANSCOPE_PYTHON.`,
    );
  });
  return JSON.parse(stdout) as Measured;
}

export async function torchBench({ rounds, say }: BenchOptions): Promise<string> {
  const rows: string[] = [];
  let versions = '';
  for (const [step, flags] of Object.entries(steps)) {
    say(`${step} ...`);
    const { processorSeconds, ratio, ...found } = await measured(flags, rounds);
    versions = `${found.versions}, ${found.threads} threads`;
    for (const [level, seconds] of Object.entries(processorSeconds))
      rows.push(tableRow([step, level, (seconds * 1000).toFixed(0), `${ratio[level]!.toFixed(3)}x`]));
  }
  return [
    `${machine()}; ${versions}. The shape of GPT-2 124M, 2 rows of 64 tokens; processor time of the fastest of ${rounds} rounds, levels in turn.`,
    '',
    tableRow(['step', 'level', 'ms of processor time', 'of off']),
    tableRow(['---', '---', '---', '---']),
    ...rows,
  ].join('\n');
}
