/** A case as files: `model/` in Hugging Face layout and `inputs.safetensors`, as `--model` and `--load-inputs` read them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { batchOf, type Case, weightsOf } from '@nanscope/lane';
import { configJson, fileName, type ModelWeights, parameterShapes } from '@nanscope/model';
import {
  float32Tensor,
  integerTensor,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';

/** @param whole the weights of the run's model */
export async function writeCase(folder: string, whole: ModelWeights, candidate: Case): Promise<void> {
  const { config, values } = weightsOf(whole, candidate);
  mkdirSync(join(folder, 'model'), { recursive: true });
  writeFileSync(join(folder, 'model', 'config.json'), configJson(config));
  const weights: Record<string, SafetensorsTensor> = {};
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, n) => product * n, 1);
    weights[fileName(config, name)] = float32Tensor(shape, await values(name, size));
  }
  await writeSafetensors(join(folder, 'model', 'model.safetensors'), weights, { format: 'pt' });
  const { inputIds, attentionMask, labels, positionIds, batch, length } = batchOf(candidate);
  const grid = (numbers: Int32Array) => integerTensor([batch, length], numbers);
  await writeSafetensors(join(folder, 'inputs.safetensors'), {
    input_ids: grid(inputIds),
    attention_mask: grid(attentionMask),
    labels: grid(labels),
    position_ids: grid(positionIds),
  });
}
