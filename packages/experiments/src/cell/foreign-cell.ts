/**
 * A cell under another library's attention, which cannot stand inside our model: the same batch and mask go through a
 * stack of attention layers with residual sums and nothing else. Its loss stands for one: the mean of what the judged
 * positions hold, NaN where one of them is.
 */
import type { ReferenceProblem } from '@nanscope/attention';
import { type CausalLMBatch, ignoreIndex } from '@nanscope/collator';
import { type Cell, classOf, nanMapOf, type Observation } from './cell.ts';
import { BATCH, type CellBatch, cellBatch, FUTURE, LENGTH, withAnotherFuture } from './cell-batch.ts';
import { cellPolicy, leakOf } from './predict.ts';

/** @returns `[B, H, T, D]` */
export type ForeignAttention = (problem: ReferenceProblem) => Promise<ArrayLike<number>>;

const [H, D] = [2, 4] as const;

export async function runForeignCell(cell: Cell, attention: ForeignAttention): Promise<Observation> {
  const given = cellBatch(cell);
  const layers = await stack(cell, given, given.batch, attention);
  const moved = await stack(cell, given, withAnotherFuture(given.batch), attention);
  const { labels } = given.batch;
  const judged = (at: number) => (at + 1) % LENGTH !== 0 && labels[at + 1] !== ignoreIndex;
  const final = layers.at(-1)!;
  const places = Array.from({ length: BATCH * LENGTH }, (_, at) => at);
  const leaks = places.filter((at) => at % LENGTH < FUTURE && !sameAt(final, moved.at(-1)!, at));
  const rowLosses = Array.from({ length: BATCH }, (_, row) =>
    meanAt(
      final,
      places.filter((at) => judged(at) && Math.floor(at / LENGTH) === row),
    ),
  );
  const lossValue = meanAt(final, places.filter(judged));
  const letters = layers.map(lettersOf);
  const first = letters
    .flatMap((rows) => rows.map((row, b) => [b, row.indexOf('N')]))
    .find(([, t]) => t! >= 0);
  return {
    layers: letters,
    nanMap: nanMapOf(letters.at(-1)!, Number(cell.row)),
    leak: leakOf(leaks, judged),
    loss: classOf([lossValue]),
    gradients: 'none',
    origin: first ? `unknown at [${first[0]},0,${first[1]}]` : 'none',
    lossValue,
    rowLosses,
    leaks: leaks.map((at) => [Math.floor(at / LENGTH), at % LENGTH] as const),
    ...{ nanGradients: 0, parameters: 0, originKey: '' },
  };
}

/** `[B, H, T, D]` after the embeddings and after every layer. */
async function stack(
  cell: Cell,
  { batch: { attentionMask }, window, explicit }: CellBatch,
  { inputIds, positionIds }: CausalLMBatch,
  attention: ForeignAttention,
): Promise<Float32Array[]> {
  // Spread over (-1, 1) by token and position; what a token holds depends on nothing else.
  let x = Float32Array.from({ length: BATCH * H * LENGTH * D }, (_, i) => {
    const at = Math.floor(i / (H * LENGTH * D)) * LENGTH + (Math.floor(i / D) % LENGTH);
    const head = Math.floor(i / (LENGTH * D)) % H;
    return Math.sin(7 * inputIds[at]! + 3 * positionIds[at]! + 5 * head + (i % D));
  });
  const layers = [x];
  for (let layer = 0; layer < Number(cell.layers); layer++) {
    const out = await attention({
      ...{ B: BATCH, H, Hkv: H, T: LENGTH, S: LENGTH, D, Dv: D, q: x, k: x, v: x },
      policy: cellPolicy(cell),
      mask: {
        causal: true,
        padding: attentionMask,
        ...(window !== undefined && { window }),
        ...(explicit && {
          explicit: { values: explicit, shape: [BATCH, 1, LENGTH, LENGTH], dtype: 'bool' as const },
        }),
      },
    });
    x = x.map((value, i) => value + out[i]!);
    layers.push(x);
  }
  return layers;
}

/** The numbers of position `at` of [B, T], over heads and channels. */
function numbersAt(x: Float32Array, at: number): number[] {
  const [row, position] = [Math.floor(at / LENGTH), at % LENGTH];
  return Array.from({ length: H }, (_, head) => {
    const start = ((row * H + head) * LENGTH + position) * D;
    return Array.from(x.subarray(start, start + D));
  }).flat();
}

function sameAt(a: Float32Array, b: Float32Array, at: number): boolean {
  const other = numbersAt(b, at);
  return numbersAt(a, at).every((value, i) => Object.is(value, other[i]));
}

function meanAt(x: Float32Array, places: readonly number[]): number {
  const values = places.flatMap((at) => numbersAt(x, at));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function lettersOf(x: Float32Array): string[] {
  return Array.from({ length: BATCH }, (_, row) =>
    Array.from({ length: LENGTH }, (_unused, position) => {
      const values = numbersAt(x, row * LENGTH + position);
      return { NaN: 'N', infinite: 'I', finite: '.' }[classOf(values)];
    }).join(''),
  );
}
