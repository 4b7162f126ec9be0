/** `pnpm bench product`: the rate of a large product on WebAssembly, beside TensorFlow.js's and, where it is installed, jax-js's. */
import { type BenchOptions, machine, tableRow, times, work } from './measure.ts';
import type { ProductRate } from './product-worker.ts';

export async function productBench({ rounds, environment }: BenchOptions): Promise<string> {
  const rates = await work<ProductRate[]>('./product-worker.ts', [rounds], environment);
  const own = rates.find(({ name }) => name === 'nanscope')!.gflops!;
  return [
    `${machine()}. Two matrices of 1024 x 1024 float32 on WebAssembly; medians of ${rounds} rounds, by turns in one process.`,
    '',
    '| product | GFLOP/s | nanscope / it |',
    '|---|--:|--:|',
    ...rates.map(({ name, gflops, why }) =>
      tableRow(
        gflops === undefined ? [name, why ?? '-', '-'] : [name, gflops.toFixed(1), times(own / gflops)],
      ),
    ),
  ].join('\n');
}
