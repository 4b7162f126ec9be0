/** One row of the table: what a kernel must do with NaN and infinities. */
import type * as tf from '@tensorflow/tfjs';

export const N = Number.NaN;
export const I = Number.POSITIVE_INFINITY;

/** Makes a 1-D tensor; in the second layout the length is padded to a multiple of 4, where WGSL uses vec4. */
export type Make = (values: number[]) => tf.Tensor1D;

export interface Row {
  readonly id: string;
  /** The kernels the row is about. */
  readonly kernels: readonly string[];
  readonly run: (make: Make) => tf.Tensor;
  readonly expected: string;
  /** Backend id -> its classes, or `throws`. */
  readonly except?: Readonly<Record<string, string>>;
  /** Exact finite values, where the class alone would not show the error. */
  readonly values?: readonly number[];
}
