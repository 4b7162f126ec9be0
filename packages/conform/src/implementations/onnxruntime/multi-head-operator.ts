/**
 * The contrib operator MultiHeadAttention of com.microsoft: heads side by side in one axis, masks as a bias that is
 * added, causality as `unidirectional`. No grouped heads, no softcap.
 */

import type { AttentionProblem, Wanted } from '../../case.ts';
import { splitHeads } from '../../onnx/tensors.ts';
import { biasOf, graphInputs, isOperatorsCausal, type OperatorCall, tensor } from './call.ts';

const inputNames = [
  'query',
  'key',
  'value',
  'bias',
  'key_padding_mask',
  'attention_bias',
  'past_key',
  'past_value',
];

/** Why the operator can not be asked; undefined when it can. */
export function multiHeadRefuses(
  { H, Hkv, softcap, past = 0, policy }: AttentionProblem,
  { stages, present }: Wanted,
): string | undefined {
  if (H !== Hkv) return 'MultiHeadAttention has no grouped heads';
  if (softcap !== undefined) return 'MultiHeadAttention has no softcap';
  if (past > 0 || present) return 'the cache of MultiHeadAttention is not under test';
  if (stages.length > 0) return 'MultiHeadAttention shows no stage';
  if (policy.computeDtype === 'f16') return 'float16 is not asked of MultiHeadAttention';
  return undefined;
}

export function multiHeadCall(problem: AttentionProblem): OperatorCall {
  const { B, H, T, S, D, Dv, scale } = problem;
  const flag = isOperatorsCausal(problem) && T === S;
  const bias = biasOf(problem, !flag);
  const feeds = {
    query: tensor(mergeHeads(problem.q, [B, H, T, D]), [B, T, H * D]),
    key: tensor(mergeHeads(problem.k, [B, H, S, D]), [B, S, H * D]),
    value: tensor(mergeHeads(problem.v, [B, H, S, Dv]), [B, S, H * Dv]),
    ...(bias && { attention_bias: tensor(bias.values, bias.shape) }),
  };
  return {
    graph: {
      ...{ operator: 'MultiHeadAttention', domain: 'com.microsoft', opset: 1 },
      attributes: {
        num_heads: { int: H },
        ...(flag && { unidirectional: { int: 1 } }),
        ...(scale !== undefined && { scale: { float: scale } }),
      },
      inputs: graphInputs(inputNames, feeds),
      outputs: [{ name: 'output', dtype: 'F32' }],
    },
    feeds,
    read: ({ output }) => ({ out: splitHeads(output!, [B, T, H * Dv], H).values }),
  };
}

/** `[B, H, T, D]` to `[B, T, H * D]`. */
function mergeHeads(
  values: ArrayLike<number>,
  [B, H, T, D]: readonly [number, number, number, number],
): Float32Array {
  const merged = new Float32Array(B * H * T * D);
  for (let i = 0; i < merged.length; i++) {
    const [b, h, t, d] = [
      Math.floor(i / (H * T * D)),
      Math.floor(i / (T * D)) % H,
      Math.floor(i / D) % T,
      i % D,
    ];
    merged[((b * T + t) * H + h) * D + d] = values[i]!;
  }
  return merged;
}
