/** Which variant of the fused shaders a problem gets on a device: by its sizes, what the device offers, and three flags. */
import { isSoftware, whenAtWork } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { ForwardVariant } from './forward.wgsl.ts';
import type { Width } from './load.wgsl.ts';
import { type Problem, side, tileFor } from './problem.ts';

whenAtWork(() => {
  tf.env().registerFlag('NANSCOPE_FUSED_SUBGROUPS', () => true);
  tf.env().registerFlag('NANSCOPE_FUSED_F16', () => true);
  tf.env().registerFlag('NANSCOPE_FUSED_LARGE_TILES', () => false);
});

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
  'sunk',
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
