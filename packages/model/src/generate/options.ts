/** What generation is asked for, and what of it is refused before anything runs. */
import type { AttentionKernel, Implementation, Policy } from '@nanscope/attention';
import { type CodeIn, UserError } from '@nanscope/errors';
import type { WarpOptions } from './warp.ts';

export interface GenerateOptions extends WarpOptions {
  /** Tokens generated for a row at most. */
  readonly maxNewTokens: number;
  /** Tokens of a row at most, its prompt included. Default: no such limit. */
  readonly maxLength?: number | undefined;
  /** `greedy`: the most likely token. `sample`: a draw from what temperature, top-k and top-p leave; at temperature 0 greedy as well. */
  readonly strategy: 'greedy' | 'sample';
  /** Seed of the draws, default 0: a token depends on (seed, row number, step) and the row's logits, and on nothing else. */
  readonly seed?: number;
  /** One a row of the batch: which random numbers are its own. Default: its place in the batch. */
  readonly rowNumbers?: readonly number[];
  /** The token that ends a row, or each that does; it is given out as well. Default: the model's `eos_token_id`; null: none. */
  readonly eosTokenId?: number | readonly number[] | null;
  readonly implementation: Implementation;
  readonly policy: Policy;
  /** What computes sdpa; `auto`: the fused kernel where the backend has one for it. Default: composed. */
  readonly kernel?: AttentionKernel | 'auto';
}

function refuse(code: CodeIn<'generate'>, what: string, expected: string, found: unknown): never {
  throw new UserError(`generate/${code}`, `${what}: expected ${expected}, found ${found}.`);
}

/** @throws UserError `generate/max-new-tokens`, `generate/temperature`, `generate/top-k`, `generate/top-p`, `generate/seed`, `generate/row-numbers` */
export function checkGenerateOptions(options: GenerateOptions, batch: number): void {
  const { maxNewTokens, temperature = 1, topK, topP, seed = 0, rowNumbers } = options;
  const whole = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;
  if (!whole(maxNewTokens, 1))
    refuse('max-new-tokens', 'max-new-tokens', 'a whole number of at least 1', maxNewTokens);
  if (!(temperature >= 0 && temperature < Number.POSITIVE_INFINITY))
    refuse('temperature', 'temperature', 'a number of at least 0 (0 for the most likely token)', temperature);
  if (topK !== undefined && !whole(topK, 1)) refuse('top-k', 'top-k', 'a whole number of at least 1', topK);
  if (topP !== undefined && !(topP >= 0 && topP <= 1)) refuse('top-p', 'top-p', 'a number from 0 to 1', topP);
  if (!whole(seed, 0)) refuse('seed', 'seed', 'a whole number of at least 0', seed);
  if (rowNumbers && !(rowNumbers.length === batch && rowNumbers.every((number) => whole(number, 0))))
    refuse('row-numbers', 'rowNumbers', `${batch} whole numbers, one a row`, `[${rowNumbers}]`);
}
