/**
 * The dtype of a model: weights, and the result of each op as transformers has it, are rounded to it and kept as float32;
 * sums inside an op are float32's. What is computed in float32 whatever the dtype (norms, softmax, the loss) is so here.
 */
import { type ComputeDtype, castTo, roundNumberTo } from '@nanscope/attention';
import type * as tf from '@tensorflow/tfjs';

const names = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' } as const satisfies Record<
  ComputeDtype,
  string
>;

/** PyTorch's name. */
export type DtypeName = (typeof names)[ComputeDtype];

export const dtypeName = (dtype: ComputeDtype): DtypeName => names[dtype];

/** What a model is computed in. */
export const dtypeOf = ({ computedAs }: { readonly computedAs: DtypeName }): ComputeDtype =>
  computedAs === 'float16' ? 'f16' : computedAs === 'bfloat16' ? 'bf16' : 'f32';

/** Rounds the result of an op, and its gradient. */
export type Cast = <T extends tf.Tensor>(x: T) => T;

export const castOf =
  (dtype: ComputeDtype): Cast =>
  (x) =>
    castTo(x, dtype);

/** A number of the configuration as a tensor of the dtype. */
export const scalarIn = (value: number, dtype: ComputeDtype): number =>
  dtype === 'f32' ? value : roundNumberTo(value, dtype);

/** Weights as they are loaded. */
export const roundedWeights = (values: Float32Array, dtype: ComputeDtype): Float32Array =>
  dtype === 'f32' ? values : values.map((value) => roundNumberTo(value, dtype));
