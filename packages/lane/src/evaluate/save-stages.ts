/**
 * What each stage of a model gave on a few rows, for a lane of another engine whose ops have other names: the lane of
 * PyTorch writes the same file (`lanes/torch/nanscope_torch/stages.py`), which rows and which elements being the same rule.
 */
import type { CausalLMBatch } from '@nanscope/collator';
import type { CaptureName } from '@nanscope/model';
import {
  float32Tensor,
  integerTensor,
  type SafetensorsTensor,
  toFloat32,
  writeSafetensors,
} from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { type Computation, evaluateBatch, hiddenStates } from './evaluate-batch.ts';
import { gradientsOf } from './save-outputs.ts';

/** In the folder of a lane. */
export const STAGES_FILE = 'stages.safetensors';
const ROWS = 4;
/** Elements that are kept of a tensor. */
const MOST = 2 ** 15;
/** Positions whose logits are kept. */
const LOGITS = 256;

const firstRows = (batch: CausalLMBatch): CausalLMBatch => {
  const rows = Math.min(ROWS, batch.batch);
  const cut = (grid: Int32Array) => grid.slice(0, rows * batch.length);
  return {
    ...{ inputIds: cut(batch.inputIds), attentionMask: cut(batch.attentionMask) },
    ...{ labels: cut(batch.labels), positionIds: cut(batch.positionIds) },
    ...(batch.tokenTypeIds && { tokenTypeIds: cut(batch.tokenTypeIds) }),
    ...{ batch: rows, length: batch.length, lengths: batch.lengths.slice(0, rows) },
    truncated: batch.truncated,
  };
};

const factor = (a: number, b: number): number => (b === 0 ? a : factor(b, a % b));

/** Every n-th element of a large tensor; n has no factor in common with the last dimension, so that all channels have their turn. */
function strideOf(size: number, width: number): number {
  let stride = Math.max(1, Math.ceil(size / MOST));
  while (stride > 1 && factor(stride, width) > 1) stride++;
  return stride;
}

function entries(
  stage: string,
  values: Float32Array,
  width: number,
): readonly (readonly [string, SafetensorsTensor])[] {
  const stride = strideOf(values.length, Math.max(1, width));
  const kept = stride === 1 ? values : values.filter((_, at) => at % stride === 0);
  let [nan, inf] = [0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) inf++;
  }
  return [
    [stage, float32Tensor([kept.length], Float32Array.from(kept))],
    [`classes/${stage}`, integerTensor([3], [nan, inf, values.length])],
  ];
}

/** The stage that a captured tensor is; none for probabilities and for what another name has too. */
function stageName(name: CaptureName, layers: number): string | undefined {
  if (name === 'ln_f_out' || name === `hidden_states.${layers}`) return 'ln_f';
  if (name === 'hidden_states.0') return 'embeddings';
  const [kind, index] = name.split('.');
  const kinds: Readonly<Record<string, string>> = {
    attention: ' attention',
    attention_residual: ' attention residual',
    layer: '',
  };
  return kind! in kinds ? `h.${index}${kinds[kind!]}` : undefined;
}

/** @param gradients whether those of the mean loss by every parameter are among the stages */
export async function saveStages(
  path: string,
  computation: Computation,
  batch: CausalLMBatch,
  gradients: boolean,
): Promise<void> {
  const cut = firstRows(batch);
  const kept = new Map<string, tf.Tensor>();
  tf.tidy(() => {
    const hidden = hiddenStates(computation, cut, (name, tensor) => {
      const stage = stageName(name, computation.model.config.layers);
      if (stage === undefined) return;
      kept.get(stage)?.dispose();
      kept.set(stage, tf.keep(tf.clone(tensor)));
    });
    const [B, T, C] = hidden.shape;
    const places = tf.range(0, B * T, Math.ceil((B * T) / LOGITS), 'int32') as tf.Tensor1D;
    const rows = tf.gather(tf.reshape(hidden, [B * T, C]) as tf.Tensor2D, places);
    kept.set('logits', tf.keep(tf.clone(computation.model.logits(rows))));
  });
  const tensors: [string, SafetensorsTensor][] = [];
  for (const [stage, tensor] of kept) {
    const values = Float32Array.from(await tensor.data());
    tensors.push(...(entries(stage, values, tensor.shape.at(-1) ?? 1) as typeof tensors));
    tensor.dispose();
  }
  const { losses } = await evaluateBatch(computation, cut);
  tensors.push(...(entries('loss', losses, losses.length) as typeof tensors));
  if (gradients && losses.length > 0) {
    for (const [name, gradient] of Object.entries(await gradientsOf(computation, cut)))
      tensors.push(...(entries(name, toFloat32(gradient), gradient.shape.at(-1) ?? 1) as typeof tensors));
  }
  await writeSafetensors(path, Object.fromEntries(tensors), { dtype: 'float32' });
}
