/** One kernel call as data: enough to run it again, on this backend or on another. No tensors, no functions. */
import type { AttrsJson } from './attrs.ts';

export interface CapturedTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** Row-major, in a copy of its own. */
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Where an input came from: the record that made it, or a tensor from outside (a weight by its name). */
export type Source = { readonly record: string } | { readonly external: string };

export interface CapturedInput extends CapturedTensor {
  readonly name: string;
  readonly from: Source;
}

export interface CapturedOp {
  /** Of the call: a record's key without its output. */
  readonly key: string;
  readonly kernel: string;
  readonly attrs: AttrsJson;
  readonly inputs: readonly CapturedInput[];
  readonly outputs: readonly CapturedTensor[];
}

/** Why a call could not be captured. */
export interface Refused {
  readonly key: string;
  readonly refused: string;
}

export type Capture = CapturedOp | Refused;
