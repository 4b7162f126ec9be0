/** A batch on its way to the device: what the model cannot take is refused while the ids are still in JavaScript memory. */
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { InputModel, ModelBatch, ModelConfig } from './causal-lm.ts';

/** Row-major [B,T] integers in JavaScript memory. */
export interface HostBatch {
  readonly shape: readonly [number, number];
  readonly inputIds: ArrayLike<number>;
  /** 1 for a real token, 0 for padding; [B,S] for tokens that follow cached ones, over all S positions. */
  readonly attentionMask: ArrayLike<number>;
  readonly positionIds: ArrayLike<number>;
  /** Hugging Face's token_type_ids, of GPT-2 alone: it adds their rows of the token table to the embeddings. */
  readonly tokenTypeIds?: ArrayLike<number>;
}

/** Rotary positions are computed as far as they are asked for; a table of more is a mistake in the ids. */
const MOST_ROTARY = 2 ** 20;

/** How many positions a model can take: the rows of their table, or what rotary ones are computed for. */
export const positionLimit = ({ learnedPositions, maxPositions }: InputModel): number =>
  learnedPositions ? maxPositions : Math.max(maxPositions, MOST_ROTARY);

/** @throws UserError when a sequence is longer than the model's position table, where it has one. */
export function checkLength(config: ModelConfig, length: number): void {
  if (length <= positionLimit(config)) return;
  throw new UserError(
    'gpt2/too-long',
    `sequence of ${length} tokens, expected at most ${config.positionsKey} = ${config.maxPositions}. Lower --max-length.`,
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
 * @throws UserError when a token id or token type is outside the vocabulary (padding included: it is looked up like any
 *   other), or, where positions are learned, when T exceeds their table or a position id is outside it.
 */
export function checkBatch(config: ModelConfig, batch: HostBatch): void {
  const [, T] = batch.shape;
  checkLength(config, T);
  for (const [what, ids] of [
    ['token id', batch.inputIds],
    ['token type id', batch.tokenTypeIds ?? []],
  ] as const) {
    const token = firstOutside(ids, config.vocabulary, T);
    if (token === undefined) continue;
    const [id, row, position] = token;
    throw new UserError(
      'gpt2/token-out-of-range',
      `${what} ${id} at row ${row}, position ${position}: expected 0 to ${config.vocabulary - 1}. Is this the model's tokenizer?`,
    );
  }
  const place = firstOutside(batch.positionIds, positionLimit(config), T);
  if (place) {
    const [id, row, position] = place;
    throw new UserError(
      'gpt2/position-out-of-range',
      `position id ${id} at row ${row}, position ${position}: expected 0 to ${positionLimit(config) - 1}${config.learnedPositions ? ` (${config.positionsKey})` : ''}.`,
    );
  }
}

function largest(values: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) found = Math.max(found, values[i]!);
  return found;
}

/** Checks a batch and copies it to the active backend. @throws UserError as `checkBatch` does. */
export function uploadBatch(config: ModelConfig, batch: HostBatch): ModelBatch {
  checkBatch(config, batch);
  const [B, T] = batch.shape;
  const upload = (values: ArrayLike<number>, columns = T) =>
    tf.tensor2d(Int32Array.from(values), [B, columns], 'int32');
  return {
    inputIds: upload(batch.inputIds),
    attentionMask: upload(batch.attentionMask, batch.attentionMask.length / B),
    positionIds: upload(batch.positionIds),
    largestPosition: largest(batch.positionIds),
    ...(batch.tokenTypeIds && { tokenTypeIds: upload(batch.tokenTypeIds) }),
  };
}
