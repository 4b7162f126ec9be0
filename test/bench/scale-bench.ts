/**
 * `pnpm bench scale`: what an evaluation costs in time and memory as one of its sizes grows and the others stay, on each backend.
 * A size that would take longer than the budget, by the one before, is left out.
 */
import { type BenchOptions, machine, mebibytes, tableRow, work } from './measure.ts';
import type { Scaled } from './scale-worker.ts';

/** Tokens of a row, rows of a batch, layers, words of the vocabulary. */
type Sizes = readonly [tokens: number, batch: number, layers: number, vocabulary: number];

const base: Sizes = [512, 1, 2, 1024];

const series: readonly (readonly [name: string, axis: 0 | 1 | 2 | 3, values: readonly number[]])[] = [
  ['tokens of a row', 0, [128, 256, 512, 1024, 2048, 4096, 8192]],
  ['rows of a batch', 1, [1, 2, 4, 8, 16]],
  ['layers', 2, [1, 2, 4, 8, 16]],
  ['vocabulary', 3, [256, 1024, 4096, 16_384, 65_536]],
];

const withSize = (axis: 0 | 1 | 2 | 3, value: number): Sizes =>
  base.map((size, i) => (i === axis ? value : size)) as unknown as Sizes;

async function measured(
  { backends, rounds, seconds, environment, say }: BenchOptions,
  axis: 0 | 1 | 2 | 3,
  values: readonly number[],
): Promise<ReadonlyMap<string, Scaled>> {
  const found = new Map<string, Scaled>();
  for (const backend of backends) {
    let before = 0;
    for (const value of values) {
      // Attention makes four times the work of twice the tokens at most.
      if (before * 4 * (rounds + 1) > seconds * 1000) break;
      say(`${backend}, ${withSize(axis, value).join(' x ')} ...`);
      const result = await work<Scaled>(
        './scale-worker.ts',
        [backend, rounds, ...withSize(axis, value)],
        environment,
      );
      found.set(`${backend} ${value}`, result);
      before = result.milliseconds;
    }
  }
  return found;
}

export async function scaleBench(options: BenchOptions): Promise<string> {
  const { backends, rounds, seconds } = options;
  const [tokens, batch, layers, vocabulary] = base;
  const lines = [
    `${machine()}. GPT-2 of width 128 with 4 heads, random weights, sdpa, policy safe, no trace; ${batch} row of ${tokens} tokens, ${layers} layers, vocabulary ${vocabulary}, but for the size of the line. Median of ${rounds} batch${rounds === 1 ? '' : 'es'}, and what that added to the memory of the process. A size that would take more than ${seconds} s is left out.`,
  ];
  for (const [name, axis, values] of series) {
    const found = await measured(options, axis, values);
    lines.push(
      '',
      tableRow([name, ...backends.flatMap((backend) => [`${backend} ms`, `${backend} MiB`])]),
      `|--:|${backends.map(() => '--:|--:|').join('')}`,
      ...values.map((value) =>
        tableRow([
          String(value),
          ...backends.flatMap((backend) => {
            const result = found.get(`${backend} ${value}`);
            return result ? [result.milliseconds.toFixed(1), mebibytes(result.bytes)] : ['left out', '-'];
          }),
        ]),
      ),
    );
  }
  return lines.join('\n');
}
