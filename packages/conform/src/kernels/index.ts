/** The kernels around attention, each at the sizes that are hostile to it. */
import type { KernelCase } from './case.ts';
import { crossEntropyCases } from './cross-entropy.ts';
import { geluNewCases } from './gelu-new.ts';
import { layerNormCases } from './layer-norm.ts';
import { optimizerCases } from './optimizer.ts';

export const kernelCases: readonly KernelCase[] = [
  ...layerNormCases,
  ...geluNewCases,
  ...crossEntropyCases,
  ...optimizerCases,
];
