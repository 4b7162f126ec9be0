/** What a way of measuring health looks like to the taps. One implementation per kind of memory, beside this file. */
import type * as tf from '@tensorflow/tfjs';
import type { Health } from '../types.ts';

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
