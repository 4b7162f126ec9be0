/**
 * `pnpm bench trace`: what each level of tracing costs, as a ratio to the same step at level `off` in the same run, and
 * what it reads back. An evaluation step on the shape of GPT-2 124M, and a training step on a small one.
 */
import type { TraceLevel } from '@nanscope/cascade';
import { presetConfig } from '@nanscope/model';
import { type BenchOptions, machine, median, tableRow, times, work } from './measure.ts';
import type { TraceMeasured } from './trace-worker.ts';

/** [batch, length] of the evaluation step, by backend: small where a software adapter would take minutes; the fewer tokens, the more tracing weighs. */
const BATCHES: Readonly<Record<string, readonly [number, number]>> = {
  tensorflow: [4, 128],
  webgpu: [1, 16],
};
const SMALL_BATCH = [1, 64] as const;
/** Layers, width, heads, vocabulary, batch and length of the training step. */
const TRAINING = [4, 256, 4, 258, 2, 64] as const;

const levels = ['gate', 'health', 'full'] as const;

const bytes = (count: number) => (count < 10240 ? `${count} B` : `${(count / 1024).toFixed(0)} KiB`);

function cells(label: string, measured: TraceMeasured): string {
  const { milliseconds, processorMilliseconds, bytesRead, ops, wrapped, sameBits } = measured;
  const ratio = (level: TraceLevel) => {
    const [wall, processor] = [milliseconds, processorMilliseconds].map(
      (taken) => median(taken[level]) / median(taken.off),
    );
    return `${times(wall!)} (${times(processor!)})`;
  };
  const untouched = wrapped.off === 0 && wrapped.gate === 0 ? 'none' : `${wrapped.off} / ${wrapped.gate}`;
  return tableRow([
    label,
    `${median(milliseconds.off).toFixed(0)} ms`,
    ...levels.map(ratio),
    untouched,
    `${ops.health}`,
    `${bytes(bytesRead.health)} / ${bytes(bytesRead.full)}`,
    levels.every((level) => sameBits[level]) ? 'the same' : 'CHANGED',
  ]);
}

function shapeOf(kind: 'eval' | 'train', backend: string): readonly number[] {
  if (kind === 'train') return TRAINING;
  const { layers, width, heads, vocabulary } = presetConfig('gpt2');
  return [layers, width, heads, vocabulary, ...(BATCHES[backend] ?? SMALL_BATCH)];
}

async function row(kind: 'eval' | 'train', backend: string, options: BenchOptions): Promise<string> {
  options.say(`measuring ${kind} on ${backend}`);
  const shape = shapeOf(kind, backend);
  const [layers, width, , vocabulary, B, T] = shape;
  try {
    const measured = await work<TraceMeasured>(
      './trace-worker.ts',
      [backend, kind, ...shape, options.rounds],
      options.environment,
    );
    const fits =
      measured.vocabulary === vocabulary ? `${vocabulary}` : `${measured.vocabulary} of ${vocabulary}`;
    return cells(
      `${backend}, ${kind} step, ${layers} x ${width}, ${fits} tokens, batch ${B} x ${T}`,
      measured,
    );
  } catch (error) {
    return tableRow([`${backend}, ${kind} step`, (error as Error).message]);
  }
}

export async function traceBench(options: BenchOptions): Promise<string> {
  const lines = [
    `${machine()}. sdpa, policy safe, random weights; medians of ${2 * options.rounds} steps, levels in turn; in brackets the processor time, on which other work of the machine weighs less. A vocabulary that one binding of the device cannot hold is cut to what it can.`,
    '',
    '| backend and step | off | gate / off | health / off | full / off | kernels wrapped at off and gate | ops seen a step | read back a step, health / full | bits of the loss |',
    '|---|--:|--:|--:|--:|---|--:|---|---|',
  ];
  for (const kind of ['eval', 'train'] as const)
    for (const backend of options.backends) lines.push(await row(kind, backend, options));
  return lines.join('\n');
}
