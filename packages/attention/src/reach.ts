/**
 * Which keys causality and window let a query see: a range, since both go by positions. From the ranges follows which queries have
 * a key and which keys a query, without a look at every pair of them.
 */
import * as tf from '@tensorflow/tfjs';

/** Query t stands at `first + t` among the keys. It sees none after its own where `causal` is set, and the last `window` up to it. */
export interface Reach {
  readonly first: number;
  readonly queries: number;
  readonly keys: number;
  readonly causal: boolean;
  readonly window: number | undefined;
}

/** The first key that query 0 sees, and the first after it; both may lie outside of the keys. Those of query t lie t further. */
const firstKey = ({ first, window = 1 }: Reach) => first - window + 1;
const firstAfter = ({ first }: Reach) => first + 1;

/**
 * @param padding bool `[B, 1, 1, S]`, where there is one
 * @returns bool `[B|1, 1, T, 1]`: the queries that see at least one key that is no padding
 */
export function queriesWithKey(reach: Reach, padding: tf.Tensor4D | undefined): tf.Tensor4D {
  const { queries, keys, causal, window } = reach;
  const real = padding ? padding.reshape([-1, keys]).cast('float32') : tf.ones([1, keys]);
  // How many real keys lie before each place, from as many before the first as there are queries to as many behind the last.
  const before = tf.cumsum(
    tf.pad(real, [
      [0, 0],
      [queries, queries + 1],
    ]),
    1,
    true,
  ) as tf.Tensor2D;
  const from = (key: number, count: number) => {
    // Further out nothing changes any more.
    const start = Math.min(Math.max(key, -queries), keys);
    return tf.slice(before, [0, queries + start], [-1, count]);
  };
  const seen = causal ? from(firstAfter(reach), queries) : from(keys, 1);
  const passed = window === undefined ? tf.scalar(0) : from(firstKey(reach), queries);
  return tf.greater(seen, passed).reshape([-1, 1, queries, 1]);
}

/** @returns bool `[B|1, 1, S, 1]`: the keys that are no padding and that at least one query sees */
export function keysWithQuery(reach: Reach, padding: tf.Tensor4D | undefined): tf.Tensor4D {
  const { queries, keys, causal, window } = reach;
  const from = window === undefined ? 0 : firstKey(reach);
  const to = causal ? firstAfter(reach) + queries - 1 : keys;
  const reached = tf.tensor4d(
    Array.from({ length: keys }, (_, key) => Number(from <= key && key < to)),
    [1, 1, keys, 1],
    'bool',
  );
  return padding ? (tf.logicalAnd(reached, padding.reshape([-1, 1, keys, 1])) as tf.Tensor4D) : reached;
}
