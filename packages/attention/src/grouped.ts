/**
 * Grouped-query products without copies of k and v: the query heads that share a key head are stacked along the
 * query axis, which is a reshape, so both products stay ordinary batched matmuls (tfjs has no gradient for a
 * broadcast one).
 */
import * as tf from '@tensorflow/tfjs';

/** q `[B,H,T,D]` times k `[B,Hkv,S,D]` transposed: `[B,H,T,S]`. */
export function queryKey(q: tf.Tensor4D, k: tf.Tensor4D): tf.Tensor4D {
  return grouped(q, k, true);
}

/** p `[B,H,T,S]` times v `[B,Hkv,S,Dv]`: `[B,H,T,Dv]`. */
export function rowsTimes(p: tf.Tensor4D, v: tf.Tensor4D): tf.Tensor4D {
  return grouped(p, v, false);
}

/** a `[B,H,T,M]` transposed times b `[B,H,T,N]`, summed over the heads of a group: `[B,Hkv,M,N]`. */
export function transposedTimes(a: tf.Tensor4D, b: tf.Tensor4D, keyHeads: number): tf.Tensor4D {
  const [B, H, T, M] = a.shape;
  const stacked: [number, number, number] = [B, keyHeads, (H / keyHeads) * T];
  return tf.matMul(a.reshape([...stacked, M]), b.reshape([...stacked, b.shape[3]]), true) as tf.Tensor4D;
}

function grouped(a: tf.Tensor4D, b: tf.Tensor4D, transpose: boolean): tf.Tensor4D {
  const [B, H, T, N] = a.shape;
  const keyHeads = b.shape[1];
  if (keyHeads === H) return tf.matMul(a, b, false, transpose);
  const product = tf.matMul(a.reshape([B, keyHeads, (H / keyHeads) * T, N]), b, false, transpose);
  return product.reshape([B, H, T, b.shape[transpose ? 2 : 3]]) as tf.Tensor4D;
}
