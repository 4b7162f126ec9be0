/**
 * The attributes of a kernel call as JSON and back. Numbers that JSON lacks and typed arrays are written as objects of
 * one key; what has no description as data (a function, a tensor, an object of a class) is refused with its place.
 */
import type * as tf from '@tensorflow/tfjs';

export type AttrJson =
  | null
  | boolean
  | number
  | string
  | readonly AttrJson[]
  | { readonly [name: string]: AttrJson };

export type AttrsJson = Readonly<Record<string, AttrJson>>;

const NUMBER = '$number';
const UNDEFINED = '$undefined';

/** Typed arrays by name: `{ "$Int32Array": [1, 2] }`. */
const arrays = { Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array };

/** Thrown for an attribute that is no data. */
export class NotPortable extends Error {}

function toJson(value: unknown, place: string): AttrJson {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (value === undefined) return { [UNDEFINED]: true };
  if (typeof value === 'number') {
    const plain = Number.isFinite(value) && !Object.is(value, -0);
    return plain ? value : { [NUMBER]: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (Array.isArray(value)) return value.map((item, i) => toJson(item, `${place}[${i}]`));
  const array = Object.entries(arrays).find(([, Class]) => value instanceof Class);
  if (array) {
    return { [`$${array[0]}`]: Array.from(value as Float32Array, (item) => toJson(item, place)) };
  }
  if (typeof value === 'object' && [Object.prototype, null].includes(Object.getPrototypeOf(value))) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, toJson(item, `${place}.${name}`)]),
    );
  }
  const what = typeof value === 'object' ? `a ${value.constructor.name}` : `a ${typeof value}`;
  throw new NotPortable(`its attribute ${place} is ${what}, which has no description as data`);
}

function fromJson(value: AttrJson): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(fromJson);
  const entries = Object.entries(value);
  const [name, item] = entries.length === 1 ? entries[0]! : [];
  if (name === NUMBER) return Number(item);
  if (name === UNDEFINED) return undefined;
  const Class = name?.startsWith('$') ? arrays[name.slice(1) as keyof typeof arrays] : undefined;
  if (Class) return Class.from((item as AttrJson[]).map(fromJson) as number[]);
  return Object.fromEntries(entries.map(([key, part]) => [key, fromJson(part)]));
}

/** @throws NotPortable naming the attribute that is no data */
export function describeAttrs(attrs: tf.NamedAttrMap | undefined): AttrsJson {
  return Object.fromEntries(Object.entries(attrs ?? {}).map(([name, value]) => [name, toJson(value, name)]));
}

/** What `describeAttrs` was given. */
export function readAttrs(attrs: AttrsJson): tf.NamedAttrMap {
  return Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [name, fromJson(value)]),
  ) as tf.NamedAttrMap;
}

// One kernel call as data: enough to run it again, on this backend or on another. No tensors, no functions.

export interface CapturedTensor {
  readonly shape: readonly number[];
  /** `float64` in PyTorch alone: TensorFlow.js has none. */
  readonly dtype: 'float32' | 'float64' | 'int32' | 'bool';
  /** How many float32 numbers one step of the values' type is, where that is coarser than float32. */
  readonly steps?: number;
  /** Row-major, in a copy of its own. */
  readonly values: Float32Array | Float64Array | Int32Array | Uint8Array;
}

type Float = 'float32' | 'float64';

export const isFloat = <T extends Pick<CapturedTensor, 'dtype'>>(
  tensor: T,
): tensor is T & { readonly dtype: Float } => tensor.dtype === 'float32' || tensor.dtype === 'float64';

/** Where an input came from: the record that made it, or a tensor from outside (a weight by its name). */
export type Source = { readonly record: string } | { readonly external: string };

export interface CapturedInput extends CapturedTensor {
  readonly name: string;
  readonly from: Source;
}

export interface CapturedOp {
  /** Key of the call: a record's key without its output. */
  readonly key: string;
  readonly kernel: string;
  readonly attrs: AttrsJson;
  readonly inputs: readonly CapturedInput[];
  readonly outputs: readonly CapturedTensor[];
  /**
   * In PyTorch: the calls that make it of what both lanes have, kernel and all that goes in besides tensors, without those that only
   * look at memory in another way.
   */
  readonly ops?: readonly (readonly [kernel: string, scalars: string])[];
  /** In PyTorch: the lane's own key, where `key` is one that both lanes have. */
  readonly own?: string;
}

/** Why a call could not be captured. */
export interface Refused {
  readonly key: string;
  readonly refused: string;
}

export type Capture = CapturedOp | Refused;
