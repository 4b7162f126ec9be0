/**
 * The operator's masking as the mask of a problem. `causal` stays what it is where one offset serves all sequences;
 * lengths and windows, which `ReferenceMask` cannot say, are folded into one explicit mask with it.
 */
import { policies, policyFrom, type ReferenceMask } from '@nanscope/attention';
import { type SafetensorsTensor, toFloat64, toIntegers } from '@nanscope/safetensors';
import type { AttentionProblem } from '../case.ts';
import { badVectors } from '../vectors/json-file.ts';
import type { AttentionNode } from './check-node.ts';
import { demandDtype, heads, input, joinPositions, pastHeads } from './tensors.ts';

export interface Sizes {
  readonly B: number;
  readonly H: number;
  readonly T: number;
  /** All keys, past ones included. */
  readonly S: number;
  /** Past keys. */
  readonly past: number;
}

type Explicit = NonNullable<ReferenceMask['explicit']>;

/** @throws UserError */
function maskOf(node: AttentionNode, sizes: Sizes): ReferenceMask {
  const { is_causal, left_window_size: left, right_window_size: right } = node.attributes;
  const explicit = node.inputs.attn_mask && explicitOf(node, node.inputs.attn_mask, sizes);
  const lengths = node.inputs.nonpad_kv_seqlen && lengthsOf(node, node.inputs.nonpad_kv_seqlen, sizes);
  if (!lengths && left < 0 && right < 0) {
    return { ...(is_causal === 1 && { causal: true, offset: sizes.past }), ...(explicit && { explicit }) };
  }
  const allows = (b: number, t: number, s: number): boolean => {
    const length = lengths?.[b];
    // Where query t stands among the keys: behind the cache, which is inside k or beside it.
    const at = t + (length === undefined ? sizes.past : length - sizes.T);
    return (
      (length === undefined || s < length) &&
      (is_causal === 0 || s <= at) &&
      (left < 0 || s >= at - left) &&
      (right < 0 || s <= at + right)
    );
  };
  return { explicit: folded(explicit, sizes, allows) };
}

/** `explicit` where `allows` does, blocked elsewhere. */
function folded(
  explicit: Explicit | undefined,
  { B, H, T, S }: Sizes,
  allows: (b: number, t: number, s: number) => boolean,
): Explicit {
  const [masks, heads, queries, keys] = [...Array<number>(4).fill(1), ...(explicit?.shape ?? [])].slice(
    -4,
  ) as [number, number, number, number];
  const dtype = explicit?.dtype ?? 'bool';
  const blocked = dtype === 'bool' ? 0 : Number.NEGATIVE_INFINITY;
  const own = (b: number, h: number, t: number, s: number) =>
    explicit
      ? explicit.values[
          ((Math.min(b, masks - 1) * heads + Math.min(h, heads - 1)) * queries + Math.min(t, queries - 1)) *
            keys +
            Math.min(s, keys - 1)
        ]!
      : 1;
  const H1 = heads === 1 ? 1 : H;
  const values = Array.from({ length: B * H1 * T * S }, (_, i) => {
    const [b, h, t, s] = [
      Math.floor(i / (H1 * T * S)),
      Math.floor(i / (T * S)) % H1,
      Math.floor(i / S) % T,
      i % S,
    ];
    return allows(b, t, s) ? own(b, h, t, s) : blocked;
  });
  return { values, shape: [B, H1, T, S], dtype };
}

/** Broadcastable to `[B, H, T, S]`; a last axis shorter than S is filled up with what blocks. @throws UserError */
function explicitOf(node: AttentionNode, tensor: SafetensorsTensor, { B, H, T, S }: Sizes): Explicit {
  const { shape } = tensor;
  const last = shape.at(-1) ?? 1;
  const target = [B, H, T, S].slice(-shape.length);
  const fits = shape.every(
    (size, d) => size === 1 || size === target[d] || (d === shape.length - 1 && size < S),
  );
  if (shape.length < 1 || shape.length > 4 || !fits || shape.includes(0))
    throw badVectors(
      node.file,
      `attn_mask to be broadcastable to [${[B, H, T, S].join(', ')}]`,
      `[${shape.join(', ')}]`,
    );
  const bool = tensor.dtype === 'BOOL';
  const integer = ['U8', 'U16', 'U32', 'U64', 'I8', 'I16', 'I32', 'I64'].includes(tensor.dtype);
  if (!bool && !integer) demandDtype(node, 'attn_mask', tensor);
  // Any other integer than a bool is a number to be added, as a float is.
  const values = Array.from(bool || integer ? toIntegers(tensor) : toFloat64(tensor));
  const dtype = bool ? 'bool' : 'float32';
  if (last === S) return { values, shape, dtype };
  const filler = bool ? 0 : Number.NEGATIVE_INFINITY;
  const rows = values.length / last;
  const filled = Array.from({ length: rows * S }, (_, i) =>
    i % S < last ? values[Math.floor(i / S) * last + (i % S)]! : filler,
  );
  return { values: filled, shape: [...shape.slice(0, -1), S], dtype };
}

/** How many keys each sequence has. @throws UserError */
function lengthsOf(node: AttentionNode, tensor: SafetensorsTensor, { B, S, past }: Sizes): Int32Array {
  demandDtype(node, 'nonpad_kv_seqlen', tensor, ['I64']);
  if (past > 0 || node.inputs.past_key)
    throw badVectors(node.file, 'nonpad_kv_seqlen without past_key', 'both');
  const lengths = toIntegers(tensor);
  if (tensor.shape.length !== 1 || lengths.length !== B)
    throw badVectors(node.file, `nonpad_kv_seqlen to be [${B}]`, `[${tensor.shape.join(', ')}]`);
  const wrong = lengths.find((length) => length < 0 || length > S);
  if (wrong !== undefined)
    throw badVectors(node.file, `lengths of 0 to ${S} in nonpad_kv_seqlen`, `${wrong}`);
  return lengths;
}

// A node as an attention problem. What the operator has and `attention` does not is put into the arrays.

/** @throws UserError `conform/bad-vectors` */
export function problemOf(node: AttentionNode): AttentionProblem {
  const { attributes, file } = node;
  const q = heads(node, 'Q');
  const fresh = { k: heads(node, 'K'), v: heads(node, 'V') };
  const cached = node.inputs.past_key !== undefined || node.inputs.past_value !== undefined;
  const k = cached ? joinPositions(pastHeads(node, 'past_key', fresh.k), fresh.k) : fresh.k;
  const v = cached ? joinPositions(pastHeads(node, 'past_value', fresh.v), fresh.v) : fresh.v;
  const [B, H, T, D] = q.shape;
  const [, Hkv, S] = k.shape;
  const Dv = v.shape[3];
  const shapes = `Q [${q.shape}], K [${k.shape}], V [${v.shape}]`;
  if (k.shape[0] !== B || v.shape[0] !== B) throw badVectors(file, 'Q, K and V of one batch size', shapes);
  if (k.shape[3] !== D) throw badVectors(file, 'Q and K of one head size', shapes);
  if (v.shape[1] !== Hkv || v.shape[2] !== S)
    throw badVectors(file, 'K and V of the same heads and positions', shapes);
  if (H % Hkv !== 0) throw badVectors(file, 'heads of Q that are a multiple of those of K', shapes);
  if (input(node, 'K').dtype !== input(node, 'Q').dtype)
    throw badVectors(file, `K to be ${input(node, 'Q').dtype} as Q is`, input(node, 'K').dtype);
  const past = S - fresh.k.shape[2];
  const half = input(node, 'Q').dtype === 'F16';
  return {
    ...{ B, H, Hkv, T, S, D, Dv, past },
    policy: half ? policyFrom({ preset: 'onnx-1.23', computeDtype: 'f16' }) : policies['onnx-1.23'],
    q: q.values,
    k: k.values,
    v: v.values,
    ...(attributes.scale !== undefined && { scale: attributes.scale }),
    ...(attributes.softcap > 0 && { softcap: attributes.softcap }),
    mask: maskOf(node, { B, H, T, S, past }),
    node,
  };
}
