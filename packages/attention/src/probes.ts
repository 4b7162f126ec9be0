/**
 * Four questions put to an attention implementation on the active backend, for the device resolver: is a fully
 * masked row exactly 0, is a left-padded causal row what it is without its padding, does the future leak, does
 * a NaN in masked keys leak. Answers are compared by bits, so no tolerance can hide anything.
 */
import * as tf from '@tensorflow/tfjs';
import { attention } from './attention.ts';
import type { AttentionKernel, PreparedMask } from './mask-types.ts';
import { type Implementation, safePolicy } from './policy.ts';
import { prepareMask } from './prepare-mask.ts';

export interface AttentionProbeOutcome {
  readonly implementation: Implementation;
  readonly probe: 'fully-masked-row' | 'left-padded-causal-row' | 'causal-leak' | 'masked-nan';
  readonly passed: boolean;
  /** What was seen, in one sentence. */
  readonly detail: string;
}

const [B, H, T, D] = [3, 2, 8, 8];
const SIZE = B * H * T * D;
/** Left padding of each batch row: some, none, all. */
const PADS = [3, 0, T];
/** Positions from here on are changed to look for a leak. */
const FUTURE = 5;

type Variant = 'plain' | 'pads' | 'nan' | 'future';

/** Runs on the active tfjs backend under the safe policy: one mask, four forward passes, one `await data()`. */
export async function attentionProbes(
  implementation: Implementation,
  kernel: AttentionKernel = 'composed',
): Promise<AttentionProbeOutcome[]> {
  const names: Variant[] = ['plain', 'pads', 'nan', 'future'];
  const outputs = tf.tidy(() => {
    const mask = sharedMask(kernel);
    return tf.concat(names.map((variant) => run(implementation, variant, mask)));
  });
  const values = (await outputs.data()) as Float32Array;
  outputs.dispose();
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const [plain, pads, nan, future] = names.map((_, i) => bits.subarray(i * SIZE, (i + 1) * SIZE)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const firstReal = PADS[0]!;
  const outcome = (probe: AttentionProbeOutcome['probe'], wrong: number, good: string, bad: string) => ({
    implementation,
    probe,
    passed: wrong === 0,
    detail: wrong === 0 ? good : `${wrong} of the compared numbers: ${bad}`,
  });
  const zeros = count((b, _h, t, at) => t < PADS[b]! && (plain[at]! & 0x7fffffff) !== 0);
  const live = count((b, h, t, at, d) => {
    if (t < PADS[b]!) return false;
    const wrongBits = plain[at] !== pads[at] || (plain[at]! & 0x7f800000) === 0x7f800000;
    // The first real token sees itself alone: its output is its own v, up to the rounding of e / e.
    const own = value('v', b, h, t, d);
    const alone =
      b !== 0 || t !== firstReal || Math.abs(floatOf(plain[at]!) - own) <= 2 ** -21 * Math.abs(own);
    return wrongBits || !alone;
  });
  const leak = count((_b, _h, t, at) => t < FUTURE && plain[at] !== future[at]);
  const poison = count((_b, _h, _t, at) => plain[at] !== nan[at]);
  return [
    outcome('fully-masked-row', zeros, 'exactly 0', 'not 0 where no key is allowed'),
    outcome(
      'left-padded-causal-row',
      live,
      'finite, and the same bits whatever the padding holds',
      'not finite, or changed with the padding',
    ),
    outcome('causal-leak', leak, 'the same bits whatever comes later', 'changed with a later token'),
    outcome(
      'masked-nan',
      poison,
      'the same bits with NaN in masked keys and values',
      'changed by a NaN in masked keys and values',
    ),
  ];
}

/** The mask of all runs: what padding and causality allow does not depend on what the tensors hold. */
function sharedMask(kernel: AttentionKernel): PreparedMask {
  const padding = tf.tensor2d(
    PADS.flatMap((pads) => Array.from({ length: T }, (_, s) => Number(s >= pads))),
    [B, T],
    'int32',
  );
  return prepareMask(
    { padding, causal: true },
    { batch: B, queries: T, keys: T, policy: safePolicy },
    kernel,
  );
}

function run(implementation: Implementation, variant: Variant, mask: PreparedMask): tf.Tensor4D {
  const [q, k, v] = (['q', 'k', 'v'] as const).map((name) => tf.tensor4d(fill(name, variant), [B, H, T, D]));
  return attention(q!, k!, v!, { implementation, mask });
}

function fill(name: 'q' | 'k' | 'v', variant: Variant): Float32Array {
  const values = new Float32Array(SIZE);
  count((b, h, t, at, d) => {
    const padded = t < PADS[b]! && name !== 'q';
    values[at] = value(name, b, h, t, d);
    if (padded && variant === 'nan') values[at] = Number.NaN;
    if (padded && variant === 'pads') values[at]! += 100;
    if (t >= FUTURE && variant === 'future') values[at]! -= 1.5;
    return false;
  });
  return values;
}

/** A fixed number in [-1, 1) for each place, exact in float32. */
function value(name: 'q' | 'k' | 'v', b: number, h: number, t: number, d: number): number {
  const mixed = Math.imul((((b * H + h) * T + t) * D + d) * 3 + 'qkv'.indexOf(name) + 1, 0x9e3779b1);
  return ((mixed >>> 12) - 0x80000) / 0x80000;
}

function count(wrong: (b: number, h: number, t: number, at: number, d: number) => boolean): number {
  let total = 0;
  for (let at = 0; at < SIZE; at++) {
    const row = Math.floor(at / D);
    if (wrong(Math.floor(row / (H * T)), Math.floor(row / T) % H, row % T, at, at % D)) total++;
  }
  return total;
}

function floatOf(bits: number): number {
  return new Float32Array(new Uint32Array([bits]).buffer)[0]!;
}
