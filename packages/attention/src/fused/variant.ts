/** Which variant of the fused shaders a problem gets on a device: by its sizes, what the device offers, and three flags. */
import { isSoftware } from '@nanscope/backend';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { AttentionOptions } from '../call.ts';
import type { AttentionKernel } from '../mask-types.ts';
import { safePolicy } from '../policy.ts';
import type { ForwardVariant } from './forward.wgsl.ts';
import type { Width } from './load.wgsl.ts';
import { largestSize, type Problem, side, tileFor } from './problem.ts';

tf.env().registerFlag('NANSCOPE_FUSED_SUBGROUPS', () => true);
tf.env().registerFlag('NANSCOPE_FUSED_F16', () => true);
tf.env().registerFlag('NANSCOPE_FUSED_LARGE_TILES', () => false);

/** Rows per invocation at most. A software adapter takes minutes to compile what a GPU is made for. */
export function mostRows({ limits, adapterInfo }: GPUDevice): number {
  const small = adapterInfo !== undefined && isSoftware(adapterInfo);
  if (small && !tf.env().getBool('NANSCOPE_FUSED_LARGE_TILES')) return 2;
  return limits.maxComputeWorkgroupStorageSize >= 32768 ? 8 : 4;
}

export const widthOf = ({ headSize, valueSize }: Problem): Width =>
  headSize % 4 === 0 && valueSize % 4 === 0 ? 4 : 1;

/** The variant for a problem on a device. */
export function forwardVariant(problem: Problem, device: GPUDevice): ForwardVariant {
  const { features, adapterInfo } = device;
  const env = tf.env();
  return {
    tile: tileFor(problem.queries, [problem.valueSize], mostRows(device)),
    width: widthOf(problem),
    half: problem.half,
    // Half of a score is a score only where the policy rounds it.
    storage:
      problem.half && problem.roundsScores && features.has('shader-f16') && env.getBool('NANSCOPE_FUSED_F16')
        ? 'f16'
        : 'f32',
    // Eight neighbours exchange registers, so a subgroup must hold them all.
    subgroups:
      features.has('subgroups') &&
      (adapterInfo?.subgroupMinSize ?? 0) >= side &&
      env.getBool('NANSCOPE_FUSED_SUBGROUPS'),
  };
}

// The uniforms of the fused kernels: their declaration and their data, which must agree in order.

const words = [
  'heads',
  'keyHeads',
  'queries',
  'keys',
  'headSize',
  'valueSize',
  'causal',
  'offset',
  'window',
  'padded',
  'explicitKind',
  'guard',
  'selects',
  'even',
  'leaves',
  'separate',
  'twice',
  'skip',
  'clear',
  'keyBits',
  'needsLive',
  'tiles',
  'groups',
  'liveBatchStep',
  'liveHeadStep',
  'liveHeads',
  'zero',
  'roundsScores',
] as const;

export const uniformDeclaration = `fill : vec4<f32>, explicitStep : vec4<i32>, ${words.map((word) => `${word} : i32, `).join('')}queryScale : f32, productScale : f32, softcap : f32, largest : f32, minusInfinity : f32,`;

/** How a dispatch is laid over the problem. */
interface Layout {
  /** Tiles per head. */
  readonly tiles: number;
  readonly groups: number;
}

/** Shape `[B|1, H|1, T]` of the live queries. */
export type LiveShape = readonly [number, number, number];

/** -inf travels as data: a constant that is not finite does not compile. */
export function uniformData(problem: Problem, layout: Layout, live: LiveShape) {
  const numbers: Record<(typeof words)[number], number | boolean> = {
    ...problem,
    ...layout,
    selects: problem.select,
    // Where keys are cleared the buffer Padding holds bits: 1 allowed, 2 seen by some query, 4 its batch row is visited as a whole.
    keyBits: problem.clear ? 1 : -1,
    liveBatchStep: live[0] === 1 ? 0 : live[1] * live[2],
    liveHeads: live[1],
    zero: 0,
    liveHeadStep: live[1] === 1 ? 0 : live[2],
  };
  return [
    { type: 'float32', data: [...problem.fill] },
    { type: 'int32', data: [...problem.explicitStep] },
    ...words.map((word) => ({ type: 'int32', data: [Number(numbers[word])] })),
    ...[
      problem.queryScale,
      problem.productScale,
      problem.attrs.softcap ?? 0,
      problem.largest,
      Number.NEGATIVE_INFINITY,
    ].map((value) => ({ type: 'float32', data: [value] })),
  ];
}

// Decides what computes an attention call, and says why the fused kernel cannot where it was asked for.

/** Whether the active backend has shaders for fused attention; elsewhere the kernel of that name is composed. */
export const hasFusedShader = (): boolean => tf.getBackend() === 'webgpu';

/** @throws UserError `attention/fused` */
export function chooseKernel(q: tf.Tensor4D, v: tf.Tensor4D, options: AttentionOptions): AttentionKernel {
  const { mask } = options;
  const asked = options.kernel ?? (mask && 'kernel' in mask ? mask.kernel : undefined);
  if (asked === 'composed') return 'composed';
  const reason = obstacle(q.shape[3], v.shape[3], options);
  if (asked === 'fused') {
    if (!reason) return 'fused';
    throw new UserError(
      'attention/fused',
      `The fused attention kernel cannot be used here: ${reason}. Use the kernel composed.`,
    );
  }
  return !reason && hasFusedShader() ? 'fused' : 'composed';
}

function obstacle(
  headSize: number,
  valueSize: number,
  { implementation, capture, dropout, policy, mask }: AttentionOptions,
): string | undefined {
  const { computeDtype } = policy ?? (mask && 'policy' in mask ? mask.policy : safePolicy);
  if (implementation !== 'sdpa') return `the implementation is ${implementation}, and it computes sdpa`;
  if (computeDtype === 'bf16') return 'the compute dtype is bf16, and it has f32 and f16';
  if (capture) return 'a capture asks for scores and probabilities, which it never holds';
  if (dropout) return 'it has no dropout of probabilities';
  const size = Math.max(headSize, valueSize);
  return size > largestSize
    ? `the head size is ${size}, and it goes up to ${largestSize} in float32`
    : undefined;
}
