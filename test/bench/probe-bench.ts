/** `pnpm bench probes`: what the attention probes of the rule `--mps-rule probe` cost, both implementations, on an opened backend. */
import { type BenchOptions, machine, median, tableRow, work } from './measure.ts';
import type { ProbeTimes } from './probe-worker.ts';

export async function probeBench({ backends, rounds, environment, say }: BenchOptions): Promise<string> {
  const rows: string[] = [];
  for (const backend of backends) {
    say(`${backend} ...`);
    const { first, warm } = await work<ProbeTimes>('./probe-worker.ts', [backend, rounds], environment);
    rows.push(tableRow([backend, first.toFixed(0), median(warm).toFixed(0), Math.max(...warm).toFixed(0)]));
  }
  return [
    `${machine()}. Eight probes, four of each implementation; ${rounds} rounds.`,
    '',
    '| backend | first round, kernels compiled, ms | warm, median ms | warm, slowest ms |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}
