/** The tensors of a node, held to the operator's dtypes and shapes, as float32 arrays with their heads apart. */
import { type Dtype, type SafetensorsTensor, toFloat32 } from '@nanscope/safetensors';
import { badVectors } from '../vectors/bad-vectors.ts';
import { type Heads, splitHeads } from './heads.ts';
import type { AttentionNode, InputName, OutputName } from './node.ts';

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
