/** The question whether a position sees its future: real tokens from `FUTURE` on are changed, logits before it must not move. */
import type { CausalLMBatch } from '@nanscope/collator';
import { LENGTH, PAD } from './cell-batch.ts';

/** Behind the query that an explicit mask closes, and among the real tokens on either padding side. */
export const FUTURE = 4;

/** Whether the token at flat place `at` of [B,T] is one that is changed. */
export function isChanged({ inputIds }: CausalLMBatch, at: number): boolean {
  return at % LENGTH >= FUTURE && inputIds[at] !== PAD;
}

/** The batch with its later tokens changed; masks, labels and positions stay. */
export function withAnotherFuture(batch: CausalLMBatch): CausalLMBatch {
  return {
    ...batch,
    inputIds: batch.inputIds.map((id, at) => (isChanged(batch, at) ? (id + 1) % PAD : id)),
  };
}
