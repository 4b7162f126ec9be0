/** The tensors of a node, held to the operator's dtypes and shapes, as float32 arrays with their heads apart. */
import { type Dtype, type SafetensorsTensor, toFloat32 } from '@nanscope/safetensors';
import { badVectors } from '../vectors/json-file.ts';
import type { AttentionNode, InputName, OutputName } from './check-node.ts';

// The layouts of the operator: 3-D inputs are split into heads, past keys are put in front. Arrays in, arrays out.

/** `[B, heads, positions, size]`, flat. */
export interface Heads {
  readonly values: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/** `[B, T, H * D]` to `[B, H, T, D]`. */
export function splitHeads(values: Float32Array, shape: readonly number[], H: number): Heads {
  const [B, T, width] = shape as [number, number, number];
  const D = width / H;
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const [b, t, h, d] = [
      Math.floor(i / (T * width)),
      Math.floor(i / width) % T,
      Math.floor((i % width) / D),
      i % D,
    ];
    out[((b * H + h) * T + t) * D + d] = values[i]!;
  }
  return { values: out, shape: [B, H, T, D] };
}

/** Along the positions. */
export function joinPositions(past: Heads, fresh: Heads): Heads {
  const [B, H, P, D] = past.shape;
  const T = fresh.shape[2];
  const values = new Float32Array(B * H * (P + T) * D);
  for (let row = 0; row < B * H; row++) {
    values.set(past.values.subarray(row * P * D, (row + 1) * P * D), row * (P + T) * D);
    values.set(fresh.values.subarray(row * T * D, (row + 1) * T * D), row * (P + T) * D + P * D);
  }
  return { values, shape: [B, H, P + T, D] };
}

const floats: readonly Dtype[] = ['F32', 'F16', 'BF16', 'F64'];

const words = ({ dtype, shape }: SafetensorsTensor) => `${dtype} [${shape.join(', ')}]`;

/** @throws UserError when it is not there */
export function input(node: AttentionNode, name: InputName): SafetensorsTensor {
  const tensor = node.inputs[name];
  if (!tensor) throw badVectors(node.file, `the input ${name}`, 'nothing');
  return tensor;
}

/** An input or output in one of the dtypes. @throws UserError */
export function demandDtype(
  node: AttentionNode,
  name: string,
  tensor: SafetensorsTensor,
  allowed: readonly Dtype[] = floats,
): void {
  if (!allowed.includes(tensor.dtype))
    throw badVectors(node.file, `${name} to be ${allowed.join(' or ')}`, words(tensor));
}

/** Q, K or V, 3-D or 4-D. @throws UserError */
export function heads(node: AttentionNode, name: 'Q' | 'K' | 'V'): Heads {
  const tensor = input(node, name);
  demandDtype(node, name, tensor);
  const count = name === 'Q' ? node.attributes.q_num_heads : node.attributes.kv_num_heads;
  const attribute = name === 'Q' ? 'q_num_heads' : 'kv_num_heads';
  const { shape } = tensor;
  const wrong = (expected: string) => badVectors(node.file, expected, words(tensor));
  if (shape.includes(0)) throw wrong(`${name} to have numbers`);
  if (shape.length === 4) {
    if (count !== undefined && count !== shape[1])
      throw wrong(`${name} to have ${count} heads (${attribute})`);
    return { values: toFloat32(tensor), shape: shape as Heads['shape'] };
  }
  if (shape.length !== 3) throw wrong(`${name} to be 3-D or 4-D`);
  if (count === undefined)
    throw badVectors(node.file, `attribute ${attribute}, as ${name} is 3-D`, 'nothing');
  if (shape[2]! % count !== 0) throw wrong(`${name} to have a last size that ${count} heads divide`);
  return splitHeads(toFloat32(tensor), shape, count);
}

/** A 4-D tensor of exactly this shape. @throws UserError */
export function exactly(
  node: AttentionNode,
  name: InputName | OutputName,
  tensor: SafetensorsTensor,
  shape: readonly number[],
): Float32Array {
  demandDtype(node, name, tensor);
  if (tensor.shape.length !== shape.length || tensor.shape.some((size, d) => size !== shape[d]))
    throw badVectors(node.file, `${name} to be [${shape.join(', ')}]`, words(tensor));
  return toFloat32(tensor);
}

/** `past_key`, `past_value`: `[B, Hkv, P, size]`. @throws UserError */
export function pastHeads(node: AttentionNode, name: 'past_key' | 'past_value', fresh: Heads): Heads {
  const tensor = input(node, name);
  const [B, Hkv, , size] = fresh.shape;
  const P = tensor.shape[2] ?? 0;
  const shape = [B, Hkv, P, size] as const;
  return { values: exactly(node, name, tensor, shape), shape };
}
