/** Prompts as a batch padded on the left, so that every row's next token comes from the last column. */
import { UserError } from '@nanscope/errors';
import type { HostBatch } from '../batch.ts';
import type { ModelConfig } from '../causal-lm.ts';

/** Row-major [B,T] in JavaScript memory; a row of the mask is zeros, then at least one 1. */
export type PromptBatch = Pick<HostBatch, 'shape' | 'inputIds' | 'attentionMask'>;

/**
 * @param rows Token ids, at least one a row.
 * @param padTokenId Any id of the vocabulary: the mask hides it.
 * @throws UserError `generate/empty-prompt`
 */
export function leftPad(rows: readonly ArrayLike<number>[], padTokenId: number): PromptBatch {
  const empty = rows.findIndex((row) => row.length === 0);
  if (rows.length === 0 || empty >= 0) {
    const what = rows.length === 0 ? 'no prompt at all' : `no token in prompt ${empty}`;
    throw new UserError('generate/empty-prompt', `Prompts: expected at least one token each, found ${what}.`);
  }
  const T = rows.reduce((longest, row) => Math.max(longest, row.length), 0);
  const inputIds = new Int32Array(rows.length * T).fill(padTokenId);
  const attentionMask = new Int32Array(rows.length * T);
  for (const [row, ids] of rows.entries()) {
    const first = (row + 1) * T - ids.length;
    inputIds.set(Array.from(ids), first);
    attentionMask.fill(1, first, (row + 1) * T);
  }
  return { shape: [rows.length, T], inputIds, attentionMask };
}

/**
 * The length of each prompt, without its padding.
 *
 * @throws UserError `generate/padding` where a row is not padded on the left alone, `generate/prompt-too-long`
 *   where it has more tokens than the model has positions. One that fills them all has one token after it.
 */
export function promptLengths(config: ModelConfig, { shape, attentionMask }: PromptBatch): number[] {
  const [B, T] = shape;
  return Array.from({ length: B }, (_, row) => {
    const mask = Array.from({ length: T }, (_, t) => attentionMask[row * T + t]!);
    const first = mask.indexOf(1);
    if (first < 0 || mask.some((value, t) => value !== (t < first ? 0 : 1))) {
      throw new UserError(
        'generate/padding',
        `Prompt ${row}: expected padding on the left and at least one token, found the mask ${mask.join('').slice(0, 60)}.`,
      );
    }
    if (config.learnedPositions && T - first > config.maxPositions) {
      throw new UserError(
        'generate/prompt-too-long',
        `Prompt ${row} has ${T - first} tokens: expected at most ${config.maxPositions} (${config.positionsKey}). Shorten it.`,
      );
    }
    return T - first;
  });
}
