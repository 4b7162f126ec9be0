/** A model of a few numbers as the tensors and the settings of a folder, for tests of loading. */
import { float32Tensor, type SafetensorsTensor } from '@nanscope/safetensors';
import { parameterShapes, parseConfig } from '../families.ts';

export const json = {
  model_type: 'gpt2',
  vocab_size: 5,
  n_positions: 4,
  n_embd: 4,
  n_layer: 1,
  n_head: 2,
};
export type Tensors = Record<string, SafetensorsTensor>;

/** Parameter number i holds the value i + 0.5 everywhere, exact in every float dtype. */
export function weights(rename = (name: string) => name, config = parseConfig(json, 'test')): Tensors {
  const entries = [...parameterShapes(config)].map(([name, shape], i): [string, SafetensorsTensor] => {
    const size = shape.reduce((product, n) => product * n, 1);
    return [rename(name), float32Tensor(shape, new Float32Array(size).fill(i + 0.5))];
  });
  return Object.fromEntries(entries);
}
