/**
 * `pnpm bench attention`: sdpa as one fused kernel against sdpa composed of ops, on the same adapter by turns; on the
 * CPU backends both, where there are both, beside PyTorch's, where Python has torch.
 */
import { attentionShape, gigaflops, lengths } from './attention-shape.ts';
import type { AttentionTime, AttentionTimes, Pass } from './attention-worker.ts';
import {
  type BenchOptions,
  machine,
  mebibytes,
  median,
  times as ratio,
  tableRow,
  torchTimes,
  work,
} from './measure.ts';

const passes: readonly (readonly [Pass, string])[] = [
  ['forward', 'forward'],
  ['both', 'forward and backward'],
];
const left = 'left out';

function fusedRows({ matmulGflops, times }: AttentionTimes): string[] {
  return passes.flatMap(([pass, words]) =>
    lengths.map((length) => {
      const of = (kernel: AttentionTime['kernel']) =>
        times.find((time) => time.length === length && time.kernel === kernel && time.pass === pass)!;
      const [fused, composed] = [of('fused'), of('composed')];
      const rate = fused.milliseconds && (gigaflops(length, pass) / fused.milliseconds) * 1000;
      const quotient =
        fused.milliseconds && composed.milliseconds && ratio(composed.milliseconds / fused.milliseconds);
      return tableRow([
        `${words}, T ${length}`,
        fused.milliseconds?.toFixed(1) ?? left,
        composed.milliseconds?.toFixed(1) ?? left,
        quotient || '-',
        rate ? `${rate.toFixed(2)} of ${matmulGflops.toFixed(1)}` : '-',
        fused.bytes === undefined ? '-' : (fused.bytes / 2 ** 20).toFixed(1),
        composed.bytes === undefined ? '-' : mebibytes(composed.bytes),
      ]);
    }),
  );
}

async function processorRows(
  backend: string,
  { matmulGflops, times }: AttentionTimes,
  rounds: number,
): Promise<string[]> {
  const { B, H, D } = attentionShape;
  const rows: string[] = [];
  for (const { length, kernel, pass, milliseconds } of times) {
    const args = [B, H, length, D, rounds, Number(pass === 'both')];
    const torch = milliseconds === undefined ? undefined : await torchTimes('./pytorch_attention.py', args);
    const theirs = torch && median(torch.seconds) * 1000;
    const rate = milliseconds && (gigaflops(length, pass) / milliseconds) * 1000;
    rows.push(
      tableRow([
        `${backend} ${kernel}, ${passes.find(([name]) => name === pass)![1]}, T ${length}`,
        milliseconds?.toFixed(1) ?? left,
        theirs && milliseconds ? `${ratio(milliseconds / theirs)} of ${theirs.toFixed(1)}` : '-',
        rate ? `${rate.toFixed(2)} of ${matmulGflops.toFixed(1)}` : '-',
      ]),
    );
  }
  return rows;
}

export async function attentionBench({
  backends,
  rounds,
  seconds,
  environment,
  say,
}: BenchOptions): Promise<string> {
  const { B, H, D } = attentionShape;
  const lines = [
    `${machine()}. Batch ${B}, ${H} heads of ${D}, causal, policy safe; medians of ${rounds} rounds, by turns. A length that would take more than ${seconds} s is left out.`,
  ];
  const onProcessor: string[] = [];
  for (const backend of backends) {
    say(`${backend} ...`);
    const found = await work<AttentionTimes>(
      './attention-worker.ts',
      [backend, rounds, seconds],
      environment,
    );
    if (backend !== 'webgpu') {
      onProcessor.push(...(await processorRows(backend, found, rounds)));
      continue;
    }
    lines.push(
      '',
      `On ${found.adapter}:`,
      '',
      '| pass | fused ms | composed ms | composed / fused | fused GFLOP/s, of a matmul | fused peak MiB | composed peak MiB |',
      '|---|--:|--:|--:|--:|--:|--:|',
      ...fusedRows(found),
    );
  }
  if (onProcessor.length > 0)
    lines.push(
      '',
      '| sdpa | ms | of PyTorch SDPA, ms | GFLOP/s, of a matmul |',
      '|---|--:|--:|--:|',
      ...onProcessor,
    );
  return lines.join('\n');
}
