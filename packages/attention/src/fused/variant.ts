/** Which variant of the fused shaders a problem gets on a device: by its sizes, what the device offers, and three flags. */
import { isSoftware } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { ForwardVariant } from './forward.wgsl.ts';
import type { Width } from './load.wgsl.ts';
import type { Problem } from './problem.ts';
import { side, tileFor } from './tile.ts';

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
