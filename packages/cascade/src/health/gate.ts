/** The cheapest level: look only at a few small tensors (the loss, the gradient norm), after the fact. */
import type * as tf from '@tensorflow/tfjs';
import { hasNonFinite } from './bits.ts';

/**
 * Whether any element of the tensors is a NaN or an infinity, judged by bits. Reads them back: meant for
 * losses and norms, not for activations. On `true`, run the same step again under level `health`.
 */
export async function anyNonFinite(...tensors: readonly tf.Tensor[]): Promise<boolean> {
  const values = await Promise.all(
    tensors.filter(({ dtype }) => dtype === 'float32').map((tensor) => tensor.data()),
  );
  return values.some((data) => hasNonFinite(data as Float32Array));
}
