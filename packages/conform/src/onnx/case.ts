/** A node as a conformance case: what it must give, how exactly, and its controls. */
import { type CaptureStage, referenceAttention } from '@nanscope/attention';
import type { AttentionNumbers, AttentionProblem, Comparison, ConformCase, Wanted } from '../case.ts';
import { largest, relativeError } from '../judge/compare.ts';
import { spoiledControls, unmaskedControl } from '../judge/verdict.ts';
import { badVectors } from '../vectors/json-file.ts';
import type { AttentionNode } from './check-node.ts';
import { problemOf } from './mask.ts';
import { exactly, input, splitHeads } from './tensors.ts';

/** By `qk_matmul_output_mode`. */
const stages: readonly CaptureStage[] = ['scores', 'softcap', 'masked', 'probabilities'];

/** An ulp of a number of about 1, in the dtypes that numbers of a case pass through; double is run as float32. */
const ulps = { F32: 4 * 2 ** -24, F64: 4 * 2 ** -24, F16: 2 ** -10, BF16: 2 ** -7 } as const;

/** `softmax_precision` by its number in onnx.proto. */
const precisions: Readonly<Record<number, keyof typeof ulps>> = {
  1: 'F32',
  10: 'F16',
  11: 'F64',
  16: 'BF16',
};

interface Expected {
  readonly name: string;
  readonly values: Float32Array;
  readonly pick: (actual: AttentionNumbers) => ArrayLike<number> | undefined;
  /** Copied, not computed. */
  readonly exact?: true;
}

/** @throws UserError `conform/bad-vectors` */
export function onnxCase(node: AttentionNode): ConformCase {
  const problem = problemOf(node);
  const expected = expectedOf(node, problem);
  const wanted: Wanted = {
    gradients: false,
    stages: node.outputs.qk_matmul_output ? [stages[node.attributes.qk_matmul_output_mode]!] : [],
    present: node.outputs.present_key !== undefined || node.outputs.present_value !== undefined,
  };
  const ulp = coarsest(node);
  return {
    id: node.id,
    accuracy: `NaN and infinities where the vectors have them, elsewhere 3 times the error of plain arithmetic or ${3 * ulp} of the largest number`,
    runs: [{ problem, wanted }],
    judge([actual]) {
      const oracle = referenceAttention(problem).out;
      // The vectors are rounded themselves: their error and twice the plain one may add up.
      const relative = 3 * Math.max(relativeError(referenceAttention(problem, 'float32').out, oracle), ulp);
      const comparisons = expected.map(
        ({ name, values, pick, exact }): Comparison => ({
          name,
          actual: pick(actual!),
          expected: values,
          allowed: exact ? 0 : relative * largest(values),
        }),
      );
      const [{ expected: output, allowed }] = comparisons as [Comparison];
      return {
        comparisons,
        controls: [...spoiledControls(comparisons), ...unmaskedControl(problem, actual!, output, allowed)],
      };
    },
  };
}

function coarsest(node: AttentionNode): number {
  const { softmax_precision: precision } = node.attributes;
  const dtypes = [input(node, 'Q').dtype, input(node, 'V').dtype, precisions[precision ?? 1]!];
  return Math.max(...dtypes.map((dtype) => ulps[dtype as keyof typeof ulps]));
}

/** Y first. @throws UserError */
function expectedOf(node: AttentionNode, problem: AttentionProblem): Expected[] {
  const { B, H, Hkv, T, S, D, Dv } = problem;
  const { Y, present_key, present_value, qk_matmul_output } = node.outputs;
  if (!Y) throw badVectors(node.file, 'the output Y', 'nothing');
  for (const [name, tensor] of Object.entries(node.outputs))
    if (tensor.dtype !== input(node, name === 'present_value' ? 'V' : 'Q').dtype)
      throw badVectors(node.file, `${name} to be ${input(node, 'Q').dtype} as Q is`, tensor.dtype);
  const flat = input(node, 'Q').shape.length === 3;
  const output = exactly(node, 'Y', Y, flat ? [B, T, H * Dv] : [B, H, T, Dv]);
  const expected: Expected[] = [
    { name: 'Y', values: flat ? splitHeads(output, Y.shape, H).values : output, pick: ({ out }) => out },
  ];
  if (present_key)
    expected.push({
      name: 'present_key',
      values: exactly(node, 'present_key', present_key, [B, Hkv, S, D]),
      pick: ({ presentKey }) => presentKey,
      exact: true,
    });
  if (present_value)
    expected.push({
      name: 'present_value',
      values: exactly(node, 'present_value', present_value, [B, Hkv, S, Dv]),
      pick: ({ presentValue }) => presentValue,
      exact: true,
    });
  if (qk_matmul_output) {
    const stage = stages[node.attributes.qk_matmul_output_mode]!;
    expected.push({
      name: `qk_matmul_output (${stage})`,
      values: exactly(node, 'qk_matmul_output', qk_matmul_output, [B, H, T, S]),
      pick: (actual) => actual.stages?.[stage],
    });
  }
  return expected;
}
