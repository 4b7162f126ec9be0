/** The two operators of ONNX Runtime that compute attention, as models of one node: Attention, and MultiHeadAttention. */
import type { CaptureStage } from '@nanscope/attention';
import type { Dtype } from '@nanscope/safetensors';
import type { AttentionNumbers, AttentionProblem, Wanted } from '../../case.ts';
import { type AttentionNode, inputNames, outputNames } from '../../onnx/check-node.ts';
import { splitHeads } from '../../onnx/tensors.ts';
import { biasOf, graphInputs, isOperatorsCausal, type OperatorCall, tensor } from './call.ts';
import type { OperatorGraph } from './write-model.ts';

/** The first opset that has the operator; what later ones add is only in nodes of vectors. */
const OPSET = 23;

const stages: readonly CaptureStage[] = ['scores', 'softcap', 'masked', 'probabilities'];

/** The operator Attention of ai.onnx: a node of the vectors as it stands, or a problem of ours written as one. */
export function attentionCall(problem: AttentionProblem, wanted: Wanted): OperatorCall {
  return problem.node ? nodeCall(problem.node, problem) : problemCall(problem, wanted);
}

function nodeCall(
  { attributes, inputs, outputs, opset }: AttentionNode,
  { H }: AttentionProblem,
): OperatorCall {
  const floats = ['scale', 'softcap'];
  const dtypeOf = (name: string): Dtype => outputs[name as keyof typeof outputs]!.dtype;
  return {
    graph: {
      ...{ operator: 'Attention', domain: '', opset },
      attributes: Object.fromEntries(
        Object.entries(attributes)
          .filter(([name, value]) => value !== undefined && !isDefault(name, value))
          .map(([name, value]) => [name, floats.includes(name) ? { float: value } : { int: value }]),
      ),
      inputs: graphInputs(inputNames, inputs),
      outputs: trimmed(
        outputNames.map((name) => (outputs[name] ? { name, dtype: dtypeOf(name) } : undefined)),
      ),
    },
    feeds: inputs,
    read(found) {
      const stage = stages[attributes.qk_matmul_output_mode]!;
      const flat = outputs.Y!.shape.length === 3;
      return {
        out: flat ? splitHeads(found.Y!, outputs.Y!.shape, H).values : found.Y!,
        ...present(found),
        ...(found.qk_matmul_output && { stages: { [stage]: found.qk_matmul_output } }),
      };
    },
  };
}

/** What need not be said, and is unknown to earlier opsets. */
const isDefault = (name: string, value: number) =>
  (name.endsWith('window_size') && value === -1) ||
  (['is_causal', 'qk_matmul_output_mode', 'softcap'].includes(name) && value === 0);

function problemCall(problem: AttentionProblem, { stages: captured, present: joined }: Wanted): OperatorCall {
  const { B, H, Hkv, T, S, D, Dv, past = 0, scale, softcap } = problem;
  const flag = isOperatorsCausal(problem);
  const bias = biasOf(problem, !flag);
  const cut = (values: ArrayLike<number>, size: number, from: number, to: number) =>
    tensor(
      Array.from(values).filter((_, i) => Math.floor(i / size) % S >= from && Math.floor(i / size) % S < to),
      [B, Hkv, to - from, size],
    );
  const cached = past > 0;
  const bool = bias?.values.every((x) => x === 0 || x === Number.NEGATIVE_INFINITY);
  const feeds = {
    Q: tensor(problem.q, [B, H, T, D]),
    K: cut(problem.k, D, past, S),
    V: cut(problem.v, Dv, past, S),
    ...(bias && {
      attn_mask: bool
        ? tensor(
            bias.values.map((x) => Number(x === 0)),
            bias.shape,
            'BOOL',
          )
        : tensor(bias.values, bias.shape),
    }),
    ...(cached && { past_key: cut(problem.k, D, 0, past), past_value: cut(problem.v, Dv, 0, past) }),
  };
  const [stage] = captured;
  const presents = cached || joined;
  const names = ['Y', presents && 'present_key', presents && 'present_value', stage && 'qk_matmul_output'];
  return {
    graph: {
      ...{ operator: 'Attention', domain: '', opset: OPSET },
      attributes: {
        ...(flag && { is_causal: { int: 1 } }),
        ...(scale !== undefined && { scale: { float: scale } }),
        ...(softcap !== undefined && { softcap: { float: softcap } }),
        ...(stage && { qk_matmul_output_mode: { int: stages.indexOf(stage) } }),
      },
      inputs: graphInputs(inputNames, feeds),
      outputs: trimmed(names.map((name) => (name ? { name, dtype: 'F32' as const } : undefined))),
    },
    feeds,
    read: (found) => ({
      out: found.Y!,
      ...present(found),
      ...(stage && { stages: { [stage]: found.qk_matmul_output! } }),
    }),
  };
}

function present({
  present_key,
  present_value,
}: Readonly<Record<string, Float32Array>>): Partial<AttentionNumbers> {
  return {
    ...(present_key && { presentKey: present_key }),
    ...(present_value && { presentValue: present_value }),
  };
}

function trimmed(outputs: OperatorGraph['outputs']): OperatorGraph['outputs'] {
  const last = outputs.findLastIndex((output) => output !== undefined);
  return outputs.slice(0, last + 1);
}

// The contrib operator MultiHeadAttention of com.microsoft: heads side by side in one axis, masks as a bias that is
// added, causality as `unidirectional`. No grouped heads, no softcap.

const multiHeadInputs = [
  'query',
  'key',
  'value',
  'bias',
  'key_padding_mask',
  'attention_bias',
  'past_key',
  'past_value',
];

/** Why the operator cannot be asked; undefined when it can. */
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
      inputs: graphInputs(multiHeadInputs, feeds),
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
