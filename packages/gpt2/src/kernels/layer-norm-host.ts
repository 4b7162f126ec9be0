/** LayerNorm in JavaScript memory: the readable reference, one pass with float64 sums. */
import type { Allocate, HostTensor } from '@nanscope/backend';
import type { LayerNormAttrs } from './layer-norm.ts';

/** x [N,C], scale [C], offset [C] -> [N,C] */
export function layerNormHost(
  inputs: Record<string, HostTensor>,
  { epsilon }: LayerNormAttrs,
  allocate: Allocate,
): HostTensor {
  const output = allocate(inputs.x!.shape, 'float32');
  const x = inputs.x!.values;
  const scale = inputs.scale!.values;
  const offset = inputs.offset!.values;
  const y = output.values;
  const C = scale.length;
  for (let start = 0; start < x.length; start += C) {
    let sum = 0;
    let squares = 0;
    for (let c = 0; c < C; c++) {
      const value = x[start + c]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / C;
    // Rounded to float32, so that a variance beyond its range overflows here as it does on a GPU.
    const variance = Math.fround(squares / C - mean * mean);
    // A rounding error below zero is a variance of zero; NaN fails the comparison and stays.
    const inverse = 1 / Math.sqrt(Math.max(variance, 0) + epsilon);
    for (let c = 0; c < C; c++) y[start + c] = (x[start + c]! - mean) * inverse * scale[c]! + offset[c]!;
  }
  return output;
}
