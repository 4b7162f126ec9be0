/** The generated corpus as rows of tokens, and what a model of it can reach at best. The process itself is in @nanscope/collator. */
import { bestLoss, corpusFacts, markovCorpus, type Tokenizer, type TokenRow } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import type { TrainConfig } from '@nanscope/settings';
import { DEFAULT_MAX_LENGTH } from '../data/collation.ts';

type CorpusConfig = Pick<
  TrainConfig,
  'corpus' | 'corpusLines' | 'seed' | 'rows' | 'maxLength' | 'paddingSide' | 'ignoreFirstToken'
>;

export interface Corpus {
  readonly rows: readonly TokenRow[];
  readonly source: string;
  /** Nats a byte of the endless text. */
  readonly entropyRate: number;
  /** Nats a token that the best model of such rows pays: it has not seen what was before a row. */
  readonly bestLoss: number;
}

/** Left padding gives the first byte of a row a prediction; a row of `line` has no line end. */
function reachable({ rows, maxLength, paddingSide, ignoreFirstToken }: CorpusConfig): number {
  if (rows === 'pack') return bestLoss({ rows, length: maxLength ?? DEFAULT_MAX_LENGTH });
  return bestLoss({ rows: 'lines', firstByte: paddingSide === 'left' && !ignoreFirstToken });
}

/** @throws {UserError} `usage/corpus` for a tokenizer other than bytes: its losses are not nats a byte */
export function corpusRows(config: CorpusConfig, tokenizer: Tokenizer): Corpus {
  const { corpusLines: lines, seed } = config;
  const probe = 'The fox';
  if (tokenizer.encode(probe).length !== probe.length) {
    throw new UserError(
      'usage/corpus',
      `--corpus ${config.corpus}: expected a tokenizer of bytes, whose loss can be compared with the entropy a byte; found ${tokenizer.name}. Leave out --tokenizer.`,
    );
  }
  const rows = Array.from(markovCorpus({ seed, lines }), (text, line) => ({
    ids: Int32Array.from(tokenizer.encode(text)),
    origin: `corpus:${line + 1}`,
  }));
  return {
    rows,
    source: `${config.corpus} corpus of ${lines} lines, seed ${seed}`,
    entropyRate: corpusFacts.entropyRate,
    bestLoss: reachable(config),
  };
}
