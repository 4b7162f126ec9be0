/** The cheapest level: look only at a few small tensors (the loss, the gradient norm), after the fact. */
import type * as tf from '@tensorflow/tfjs';
import type { Health } from '../types.ts';
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

// What a way of measuring health looks like to the taps. One implementation per kind of memory, beside this file.

/** Filled at once where the host sees the memory, at `flush` where a device counts. */
export interface Measurement {
  health?: Health;
  rows?: string;
}

export interface HealthCounter {
  /** For the report: how the numbers came about. */
  readonly method: string;
  /**
   * Measures a float32 tensor as it is now; the tensor may be released right after.
   * @param rowLength classify each run of this many elements as a row
   */
  measure(tensor: tf.TensorInfo, rowLength?: number): Measurement;
  /** Completes every measurement since the last flush. Resolves to the bytes that crossed from the device. */
  flush(): Promise<number>;
  dispose(): void;
}
