/** Whether a run can be traced as asked: filters that are understood, and name ops that some kernel bears. */
import { checkFilteredOps } from '@nanscope/cascade';
import type { EvalConfig } from '@nanscope/settings';
import { traceSettings } from '@nanscope/settings';
import * as tf from '@tensorflow/tfjs';

/** Kernels that are registered in this process for any backend: those of tfjs itself and ours. */
const knownKernels = (): string[] => [
  ...new Set(
    ['cpu', 'wasm', 'webgpu', 'tensorflow'].flatMap((name) =>
      tf.getKernelsForBackend(name).map(({ kernelName }) => kernelName),
    ),
  ),
];

/** @throws UserError `usage/trace-filter` */
export function checkTracing(
  config: Pick<EvalConfig, 'trace' | 'traceKeep' | 'traceFilter' | 'backend'>,
): void {
  const { filters } = traceSettings(config);
  // A third party's backend may bring kernels of its own, which are known once it is open.
  if (config.backend === undefined) checkFilteredOps(filters, knownKernels());
}
