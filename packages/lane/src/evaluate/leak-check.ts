/**
 * Does the future leak? Tokens from position t on are changed; logits before t must not move. A causal model
 * cannot see the change. The control is the same batch run twice: what moves without any change is noise of
 * the device, and on a deterministic one every bit counts. Where no bit moved, the control could change nothing, and is not run.
 * Where a logit only becomes NaN or infinite, or ceases to be, no value of a later token is known to be seen: a blocked NaN or
 * overflow crossed the mask, which is reported apart.
 */
import { type CausalLMBatch, ignoreIndex } from '@nanscope/collator';
import type { LeakRecord } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { allLogits, type Computation } from './evaluate-batch.ts';
import { perturbFrom } from './probe-batch.ts';

const MOST_LEAKS = 64;

/** Logits at every position, [B*T,V], on the host. */
async function readLogits(computation: Computation, batch: CausalLMBatch): Promise<Float32Array> {
  const logits = tf.tidy(() => allLogits(computation, batch));
  try {
    return Float32Array.from(await logits.data());
  } finally {
    logits.dispose();
  }
}

/** How far two values are apart: 0 for the same value or two NaN, Infinity when only their class tells them apart. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0;
  const apart = Math.abs(a - b);
  return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
}

/** Distance of two numbers; 0 where one is not finite. */
function finiteDistance(a: number, b: number): number {
  return Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : 0;
}

function largestDistance(
  a: Float32Array,
  b: Float32Array,
  start = 0,
  end = a.length,
  apart = distance,
): number {
  let largest = 0;
  for (let i = start; i < end; i++) largest = Math.max(largest, apart(a[i]!, b[i]!));
  return largest;
}

type Leak = LeakRecord['leaks'][number];

export interface Moved {
  /** Some logit is another number. */
  readonly leaks: Leak[];
  /** No logit is another number, but some became NaN or infinite, or ceased to be. */
  readonly reached: Leak[];
}

/** Pure: positions before `from` whose logits moved by more than `noise`. */
export function movedPositions(
  before: Float32Array,
  after: Float32Array,
  batch: CausalLMBatch,
  from: number,
  vocabulary: number,
  noise: number,
): Moved {
  const moved: Moved = { leaks: [], reached: [] };
  for (let row = 0; row < batch.batch; row++) {
    for (let t = 0; t < from; t++) {
      const start = (row * batch.length + t) * vocabulary;
      const end = start + vocabulary;
      if (largestDistance(before, after, start, end) <= noise) continue;
      const kind = largestDistance(before, after, start, end, finiteDistance) > noise ? 'leaks' : 'reached';
      const live = batch.labels[row * batch.length + t + 1] !== ignoreIndex;
      moved[kind].push({ row, position: t, from, live });
    }
  }
  return moved;
}

/** One leak a position: the change nearest to it that it sees. */
function nearestOnly(leaks: readonly Leak[]): Leak[] {
  const nearest = new Map<string, Leak>();
  for (const leak of leaks) {
    const key = `${leak.row}:${leak.position}`;
    const known = nearest.get(key);
    if (!known || leak.from < known.from) nearest.set(key, leak);
  }
  return [...nearest.values()].sort((a, b) => a.row - b.row || a.position - b.position);
}

/** Cuts at the last position and at the middle of the batch. */
export async function checkLeaks(computation: Computation, batch: CausalLMBatch): Promise<LeakRecord> {
  const vocabulary = computation.model.config.vocabulary;
  const before = await readLogits(computation, batch);
  let noise: number | undefined;
  const found: Moved = { leaks: [], reached: [] };
  for (const from of new Set([batch.length - 1, Math.ceil(batch.length / 2)])) {
    if (from < 1) continue;
    const after = await readLogits(computation, perturbFrom(batch, from, vocabulary));
    const movedBy = (least: number) => movedPositions(before, after, batch, from, vocabulary, least);
    let moved = movedBy(0);
    if (moved.leaks.length > 0 || moved.reached.length > 0) {
      noise ??= 4 * largestDistance(before, await readLogits(computation, batch));
      moved = movedBy(noise);
    }
    found.leaks.push(...moved.leaks);
    found.reached.push(...moved.reached);
  }
  const leaks = nearestOnly(found.leaks);
  const reached = nearestOnly(found.reached).filter(
    ({ row, position }) => !leaks.some((leak) => leak.row === row && leak.position === position),
  );
  return {
    checked: batch.batch * Math.max(0, batch.length - 1),
    leaks: leaks.slice(0, MOST_LEAKS),
    leaksCut: Math.max(0, leaks.length - MOST_LEAKS),
    ...(reached.length > 0 && {
      reached: reached.slice(0, MOST_LEAKS),
      reachedCut: Math.max(0, reached.length - MOST_LEAKS),
    }),
  };
}
