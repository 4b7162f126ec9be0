/**
 * What a cell must show, by the float64 oracle and six lines of reasoning; nothing here runs on a device.
 * Attention makes the NaN; the residual stream keeps it at its position; the next layer's products carry it to
 * every query of the sequence; the loss is NaN where a label is judged at a NaN position; the gradients are NaN
 * as soon as any position is, because the backward pass of a NaN multiplies even a zero.
 */

import { type Policy, policyFrom, type ReferenceProblem, referenceAttention } from '@nanscope/attention';
import type { MaskFacts } from '@nanscope/cascade';
import { ignoreIndex } from '@nanscope/collator';
import { type Cell, type Leak, nanMapOf, type Outcome } from './cell.ts';
import { BATCH, type CellBatch, cellBatch, FUTURE, isChanged, LENGTH } from './cell-batch.ts';

/** What the judge of a cascade knows of a cell's mask: which cells are blocked, which queries have no key. */
export function maskFactsOf(cell: Cell, { batch, window, explicit }: CellBatch): MaskFacts {
  // A padding mask is always given, so this composition always drops causality.
  const causal = cell.compose !== 'causal-dropped';
  const positions = Array.from({ length: LENGTH }, (_, i) => i);
  const allowed = (row: number, query: number, key: number) =>
    (!causal || key <= query) &&
    (window === undefined || key > query - window) &&
    batch.attentionMask[row * LENGTH + key] === 1 &&
    explicit?.[(row * LENGTH + query) * LENGTH + key] !== 0;
  const rows = Array.from({ length: BATCH }, (_, row) =>
    positions.map((query) => positions.filter((key) => allowed(row, query, key)).length),
  );
  return {
    fullyMasked: rows.map((counts) => positions.filter((query) => counts[query] === 0)),
    blocked: rows.flat().reduce((sum, count) => sum + LENGTH - count, 0),
  };
}

/** The policy of a cell: its words, and nothing of the library's own default. */
export function cellPolicy(cell: Cell): Policy {
  return policyFrom({
    preset: 'torch-2.4',
    fill: cell.fill,
    compose: cell.compose,
    rowGuard: cell['row-guard'],
    computeDtype: cell['compute-dtype'],
  });
}

/** One layer: which positions become NaN, and which move when the future moves. */
interface State {
  /** [B * T] each. */
  readonly nan: readonly boolean[];
  readonly moved: readonly boolean[];
}

/** Numbers of ordinary size, so that no weight is 0 by accident; NaN where the state is. */
function problemOf(cell: Cell, { batch, window, explicit }: CellBatch, { nan }: State): ReferenceProblem {
  const numbers = (seed: number) =>
    Array.from({ length: BATCH * LENGTH }, (_, i) => (nan[i] ? Number.NaN : Math.sin(seed + i)));
  return {
    ...{ B: BATCH, H: 1, Hkv: 1, T: LENGTH, S: LENGTH, D: 1, Dv: 1 },
    ...{ q: numbers(1), k: numbers(2), v: numbers(3) },
    policy: cellPolicy(cell),
    mask: {
      causal: true,
      padding: batch.attentionMask,
      ...(window !== undefined && { window }),
      ...(explicit && {
        explicit: { values: explicit, shape: [BATCH, 1, LENGTH, LENGTH], dtype: 'bool' as const },
      }),
    },
  };
}

function layer(cell: Cell, batch: CellBatch, before: State): State {
  const { out, probabilities } = referenceAttention(problemOf(cell, batch, before));
  const nan = before.nan.map((was, at) => was || Number.isNaN(out[at]!));
  const moved = before.moved.map((was, at) => {
    if (nan[at]) return false;
    const row = Math.floor(at / LENGTH) * LENGTH;
    const seen = (s: number) => probabilities[at * LENGTH + s] !== 0 && before.moved[row + s];
    return was || Array.from({ length: LENGTH }, (_, s) => s).some(seen);
  });
  return { nan, moved };
}

function letters(nan: readonly boolean[]): string[] {
  return Array.from({ length: BATCH }, (_, b) =>
    nan
      .slice(b * LENGTH, (b + 1) * LENGTH)
      .map((yes) => (yes ? 'N' : '.'))
      .join(''),
  );
}

export function predict(cell: Cell): Outcome {
  const given = cellBatch(cell);
  const { labels } = given.batch;
  const judged = (at: number) => (at + 1) % LENGTH !== 0 && labels[at + 1] !== ignoreIndex;
  let state: State = {
    nan: Array<boolean>(BATCH * LENGTH).fill(false),
    moved: Array.from(given.batch.inputIds, (_, at) => isChanged(given.batch, at)),
  };
  const layers = [letters(state.nan)];
  for (let l = 0; l < Number(cell.layers); l++) {
    state = layer(cell, given, state);
    layers.push(letters(state.nan));
  }
  const nanLoss = state.nan.some((yes, at) => yes && judged(at));
  const first = layers[1]!.map((row) => row.indexOf('N'));
  const affected = first.findIndex((query) => query >= 0);
  return {
    layers,
    nanMap: nanMapOf(layers.at(-1)!, Number(cell.row)),
    leak: leakOf(
      state.moved.flatMap((yes, at) => (yes && at % LENGTH < FUTURE ? [at] : [])),
      judged,
    ),
    loss: nanLoss ? 'NaN' : 'finite',
    gradients: cell.mode === 'inference' ? 'none' : state.nan.includes(true) ? 'NaN' : 'finite',
    origin: affected < 0 ? 'none' : `fully masked row at [${affected},0,${first[affected]}]`,
  };
}

/** Pure: from the positions that moved to the class. */
export function leakOf(moved: readonly number[], judged: (at: number) => boolean): Leak {
  if (moved.length === 0) return 'none';
  return moved.some(judged) ? 'labelled' : 'unlabelled';
}
