/**
 * Does the future leak? Tokens from position t on are changed; logits before t must not move. A causal model
 * cannot see the change. The control is the same batch run twice: what moves without any change is noise of
 * the device, and on a deterministic one every bit counts.
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

function largestDistance(a: Float32Array, b: Float32Array, start = 0, end = a.length): number {
  let largest = 0;
  for (let i = start; i < end; i++) largest = Math.max(largest, distance(a[i]!, b[i]!));
  return largest;
}

/** Pure: positions before `from` whose logits moved by more than `noise`. */
export function leakedPositions(
  before: Float32Array,
  after: Float32Array,
  batch: CausalLMBatch,
  from: number,
  vocabulary: number,
  noise: number,
): LeakRecord['leaks'] {
  const leaks: LeakRecord['leaks'] = [];
  for (let row = 0; row < batch.batch; row++) {
    for (let t = 0; t < from; t++) {
      const start = (row * batch.length + t) * vocabulary;
      if (largestDistance(before, after, start, start + vocabulary) <= noise) continue;
      leaks.push({ row, position: t, from, live: batch.labels[row * batch.length + t + 1] !== ignoreIndex });
    }
  }
  return leaks;
}

/** One leak a position: the change nearest to it that it sees. */
function nearestOnly(leaks: LeakRecord['leaks']): LeakRecord['leaks'] {
  const nearest = new Map<string, LeakRecord['leaks'][number]>();
  for (const leak of leaks) {
    const key = `${leak.row}:${leak.position}`;
    const known = nearest.get(key);
    if (!known || leak.from < known.from) nearest.set(key, leak);
  }
  return [...nearest.values()].sort((a, b) => a.row - b.row || a.position - b.position);
}

/** Cuts at the last position and at the middle of the batch. */
export async function checkLeaks(computation: Computation, batch: CausalLMBatch): Promise<LeakRecord> {
  const vocabulary = computation.model.config.vocab_size;
  const before = await readLogits(computation, batch);
  const noise = 4 * largestDistance(before, await readLogits(computation, batch));
  const found: LeakRecord['leaks'] = [];
  for (const from of new Set([batch.length - 1, Math.ceil(batch.length / 2)])) {
    if (from < 1) continue;
    const after = await readLogits(computation, perturbFrom(batch, from, vocabulary));
    found.push(...leakedPositions(before, after, batch, from, vocabulary, noise));
  }
  const leaks = nearestOnly(found);
  return {
    checked: batch.batch * Math.max(0, batch.length - 1),
    leaks: leaks.slice(0, MOST_LEAKS),
    leaksCut: Math.max(0, leaks.length - MOST_LEAKS),
  };
}
