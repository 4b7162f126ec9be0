/** The generated corpus as rows of tokens. The process itself is in @nanscope/collator. */
import type { Tokenizer, TokenRow } from '@nanscope/collator';
import type { TrainConfig } from '../config/train-config.ts';

export async function corpusRows(
  _config: Pick<TrainConfig, 'corpusTokens' | 'seed'>,
  _tokenizer: Tokenizer,
): Promise<{ rows: TokenRow[]; source: string; entropyRate: number }> {
  throw new Error('not yet');
}
