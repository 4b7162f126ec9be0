/** A batch on its way to the device: what the model can not take is refused while the ids are still in JavaScript memory. */
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Gpt2Config } from './gpt2/config.ts';

/** Row-major [B,T] integers in JavaScript memory. */
export interface HostBatch {
  readonly shape: readonly [number, number];
  readonly inputIds: ArrayLike<number>;
  /** 1 for a real token, 0 for padding; [B,S] for tokens that follow cached ones, over all S positions. */
  readonly attentionMask: ArrayLike<number>;
  readonly positionIds: ArrayLike<number>;
  /** Hugging Face's token_type_ids: GPT-2 adds their rows of the token table to the embeddings. */
  readonly tokenTypeIds?: ArrayLike<number>;
}

/** int32 [B,T] each (the mask [B,S], as above), on the active backend; the caller disposes of them. */
export interface Gpt2Batch {
  readonly inputIds: tf.Tensor2D;
  readonly attentionMask: tf.Tensor2D;
  readonly positionIds: tf.Tensor2D;
  readonly tokenTypeIds?: tf.Tensor2D;
}

/** @throws UserError when a sequence is longer than the model's position table. */
export function checkLength(config: Gpt2Config, length: number): void {
  if (length <= config.n_positions) return;
  throw new UserError(
    'gpt2/too-long',
    `sequence of ${length} tokens, expected at most n_positions = ${config.n_positions}. Lower --max-length.`,
  );
}

/** Finds the first value outside 0..limit-1, as [value, row, position]. */
function firstOutside(
  values: ArrayLike<number>,
  limit: number,
  length: number,
): [number, number, number] | undefined {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!(value >= 0 && value < limit)) return [value, Math.floor(i / length), i % length];
  }
  return undefined;
}

/**
 * @throws UserError when T exceeds n_positions, when a token id or token type is outside the vocabulary (padding
 *   included: it is looked up like any other) or when a position id is outside the position table.
 */
export function checkBatch(config: Gpt2Config, batch: HostBatch): void {
  const [, T] = batch.shape;
  checkLength(config, T);
  for (const [what, ids] of [
    ['token id', batch.inputIds],
    ['token type id', batch.tokenTypeIds ?? []],
  ] as const) {
    const token = firstOutside(ids, config.vocab_size, T);
    if (token === undefined) continue;
    const [id, row, position] = token;
    throw new UserError(
      'gpt2/token-out-of-range',
      `${what} ${id} at row ${row}, position ${position}: expected 0 to ${config.vocab_size - 1}. Is this the model's tokenizer?`,
    );
  }
  const place = firstOutside(batch.positionIds, config.n_positions, T);
  if (place) {
    const [id, row, position] = place;
    throw new UserError(
      'gpt2/position-out-of-range',
      `position id ${id} at row ${row}, position ${position}: expected 0 to ${config.n_positions - 1} (n_positions).`,
    );
  }
}

/** Checks a batch and copies it to the active backend. @throws UserError as `checkBatch` does. */
export function uploadBatch(config: Gpt2Config, batch: HostBatch): Gpt2Batch {
  checkBatch(config, batch);
  const [B, T] = batch.shape;
  const upload = (values: ArrayLike<number>, columns = T) =>
    tf.tensor2d(Int32Array.from(values), [B, columns], 'int32');
  return {
    inputIds: upload(batch.inputIds),
    attentionMask: upload(batch.attentionMask, batch.attentionMask.length / B),
    positionIds: upload(batch.positionIds),
    ...(batch.tokenTypeIds && { tokenTypeIds: upload(batch.tokenTypeIds) }),
  };
}
