/** The kernels around attention, each at the sizes that are hostile to it. */
import type { KernelCase } from './case.ts';
import { crossEntropyCases } from './cross-entropy.ts';
import { decoderCases } from './decoder.ts';
import { geluCases } from './gelu.ts';
import { layerNormCases } from './layer-norm.ts';
import { optimizerCases } from './optimizer.ts';

export const kernelCases: readonly KernelCase[] = [
  ...layerNormCases,
  ...geluCases,
  ...decoderCases,
  ...crossEntropyCases,
  ...optimizerCases,
];
