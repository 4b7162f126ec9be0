/**
 * `pnpm bench where`: where the time of a step goes, kernel by kernel, and how near its products come to the rate of a large one
 * in the same process. An evaluation step on the preset's shape and a training step on a small one.
 */
import { presetConfig } from '@nanscope/model';
import { type BenchOptions, machine, tableRow, work } from './measure.ts';
import type { WhereMeasured } from './where-worker.ts';

/** Layers, width, heads, vocabulary, batch and length of the training step, as `pnpm bench train` has them. */
const TRAINING = [4, 256, 4, 258, 4, 256] as const;
const [BATCH, LENGTH] = [4, 128];
/** What takes less of a step than this is summed up in one row. */
const SMALL = 0.02;

const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(0)} %`;

function rows(label: string, measured: WhereMeasured): string[] {
  const {
    kernels,
    clockedMilliseconds: whole,
    milliseconds,
    composedMilliseconds,
    healthMilliseconds,
    processorMilliseconds,
    productGflops,
    callMicroseconds,
    nativeOps,
  } = measured;
  const row = (name: string, calls: number | string, taken: number, rate = '-') =>
    tableRow([label, name, `${calls}`, taken.toFixed(1), share(taken, whole), rate]);
  const times = (other: number) => `${(other / milliseconds).toFixed(2)}x`;
  const large = kernels.filter((kernel) => kernel.milliseconds >= SMALL * whole);
  const small = kernels.filter((kernel) => !large.includes(kernel));
  const sum = (all: WhereMeasured['kernels']) => all.reduce((total, one) => total + one.milliseconds, 0);
  return [
    ...large.map(({ kernel, calls, milliseconds, operations }) =>
      row(
        kernel,
        calls,
        milliseconds,
        operations > 0
          ? `${(operations / milliseconds / 1e6).toFixed(1)} of ${productGflops.toFixed(1)}`
          : '-',
      ),
    ),
    row(
      `${small.length} kernels of less than ${share(SMALL, 1)} each`,
      small.reduce((total, { calls }) => total + calls, 0),
      sum(small),
    ),
    row('outside of kernels', '-', whole - sum(kernels)),
    tableRow([
      label,
      `the whole step: ${milliseconds.toFixed(1)} ms unclocked, ${processorMilliseconds.toFixed(1)} of the processor`,
      `${kernels.reduce((total, { calls }) => total + calls, 0)}`,
      whole.toFixed(1),
      '100 %',
      '-',
    ]),
    tableRow([
      label,
      `the same by turns: ${times(composedMilliseconds)} with attention composed, ${times(healthMilliseconds)} traced at \`health\``,
      ...['-', '-', '-', '-'],
    ]),
    tableRow([
      label,
      `a sum of two numbers takes ${callMicroseconds.toFixed(0)} µs${nativeOps > 0 ? '; ops that go to native TensorFlow' : ''}`,
      nativeOps > 0 ? `${nativeOps}` : '-',
      '-',
      '-',
      '-',
    ]),
  ];
}

function shapeOf(kind: 'eval' | 'train', preset: string): readonly number[] {
  if (kind === 'train') return TRAINING;
  const { layers, width, heads, vocabulary } = presetConfig(preset);
  return [layers, width, heads, vocabulary, BATCH, LENGTH];
}

export async function whereBench(options: BenchOptions): Promise<string> {
  const { backends, preset, rounds, environment, say } = options;
  const lines = [
    `${machine()}. An evaluation step on the shape of ${preset}, batch ${BATCH} x ${LENGTH}, and a training step of ${TRAINING[0]} layers of ${TRAINING[1]}, batch ${TRAINING[4]} x ${TRAINING[5]}; random weights, sdpa, policy safe, no trace. Means of ${rounds} steps with a clock at every kernel; a kernel that calls others counts what it does itself. GFLOP/s of products, of that of a product of 1024 x 1024 matrices in the same process.`,
    '',
    '| step | kernel | calls | ms | share | GFLOP/s |',
    '|---|---|--:|--:|--:|--:|',
  ];
  for (const backend of backends) {
    for (const kind of ['eval', 'train'] as const) {
      say(`measuring ${kind} on ${backend}`);
      const label = `${backend}, ${kind}`;
      if (backend === 'webgpu') {
        lines.push(
          tableRow([label, 'not measured: a GPU notes a kernel down and runs it later', '-', '-', '-', '-']),
        );
        continue;
      }
      const args = [backend, kind, ...shapeOf(kind, preset), rounds];
      lines.push(
        ...(await work<WhereMeasured>('./where-worker.ts', args, environment).then(
          (measured) => rows(label, measured),
          (error: Error) => [tableRow([label, error.message, '-', '-', '-', '-'])],
        )),
      );
    }
  }
  return lines.join('\n');
}
