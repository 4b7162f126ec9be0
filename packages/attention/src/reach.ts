/**
 * Which keys causality and window let a query see: a range, since both go by positions. From the ranges follows which queries have
 * a key and which keys a query, without a look at every pair of them.
 */
import * as tf from '@tensorflow/tfjs';
import { selectMasked } from './kernels/select-masked.ts';

/** Query t sees keys `from[t]` to `to[t] - 1`. */
export interface Reach {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly keys: number;
}

/** @param first The key position of query 0. */
export function reachOf(
  first: number,
  queries: number,
  keys: number,
  { causal, window }: { readonly causal: boolean; readonly window: number | undefined },
): Reach {
  const within = (key: number) => Math.min(Math.max(key, 0), keys);
  const each = (bound: (query: number) => number) =>
    Int32Array.from({ length: queries }, (_, t) => within(bound(first + t)));
  return {
    from: each((query) => (window === undefined ? 0 : query - window + 1)),
    to: each((query) => (causal ? query + 1 : keys)),
    keys,
  };
}

/**
 * @param padding bool `[B, 1, 1, S]`, where there is one
 * @returns bool `[B|1, 1, T, 1]`: the queries that see at least one key that is no padding
 */
export function queriesWithKey({ from, to }: Reach, padding: tf.Tensor4D | undefined): tf.Tensor4D {
  if (!padding)
    return tf.tensor4d(
      from.map((key, t) => Number(to[t]! > key)),
      [1, 1, from.length, 1],
      'bool',
    );
  const [batch, , , keys] = padding.shape;
  const real = selectMasked(tf.ones(padding.shape), padding, tf.scalar(0)).reshape([batch, keys]);
  // How many real keys lie before each key, and before the end.
  const before = tf.cumsum(
    tf.pad(real, [
      [0, 0],
      [0, 1],
    ]),
    1,
    true,
  );
  const at = (key: Int32Array) => tf.gather(before, tf.tensor1d(key, 'int32'), 1);
  return tf.greater(at(to), at(from)).reshape([batch, 1, from.length, 1]);
}

/** @returns bool `[B|1, 1, S, 1]`: the keys that are no padding and that at least one query sees */
export function keysWithQuery({ from, to, keys }: Reach, padding: tf.Tensor4D | undefined): tf.Tensor4D {
  const seen = new Uint8Array(keys);
  from.forEach((key, t) => void seen.fill(1, key, Math.max(key, to[t]!)));
  const reached = tf.tensor4d(seen, [1, 1, keys, 1], 'bool');
  return padding
    ? (tf.logicalAnd(reached, padding.reshape([padding.shape[0], 1, keys, 1])) as tf.Tensor4D)
    : reached;
}
