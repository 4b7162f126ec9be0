/**
 * Weights for a model without files, the way GPT-2 is initialised in Hugging Face's and Karpathy's code:
 * N(0, initializer_range), residual projections divided by sqrt(2 L), LayerNorm ones and zeros, biases zero.
 * The same seed gives the same bits on every platform.
 */

import { normalValues } from '../random.ts';
import type { Gpt2Settings } from './config.ts';

/** @param name The parameter's Hugging Face name, which also names its random stream. */
export function initialValues(
  config: Gpt2Settings,
  name: string,
  size: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  if (name.endsWith('.bias')) return new Float32Array(size);
  if (/\.ln_(1|2|f)\.weight$/.test(name)) return new Float32Array(size).fill(1);
  const residual = name.endsWith('.c_proj.weight') ? Math.sqrt(2 * config.n_layer) : 1;
  return normalValues(seed, name, size, config.initializer_range / residual);
}
