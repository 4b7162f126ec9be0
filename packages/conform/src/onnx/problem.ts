/** A node as an attention problem. What the operator has and `attention` does not is put into the arrays. */
import { policies, policyFrom } from '@nanscope/attention';
import type { AttentionProblem } from '../case.ts';
import { badVectors } from '../vectors/bad-vectors.ts';
import { joinPositions } from './heads.ts';
import { maskOf } from './mask.ts';
import type { AttentionNode } from './node.ts';
import { heads, input, pastHeads } from './tensors.ts';

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
