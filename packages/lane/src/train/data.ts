/**
 * From a configuration to training and validation rows: text or a generated corpus, tokenized, split, packed into
 * blocks or left as padded rows. All ids of a run are held in memory, 4 bytes a token.
 */

import { createHash } from 'node:crypto';
import {
  bestLoss,
  type CollateOptions,
  collateCausalLM,
  corpusFacts,
  markovCorpus,
  sourceWords,
  type Tokenizer,
  type TokenRow,
} from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import type { ModelConfig } from '@nanscope/model';
import type { TrainDataRecord } from '@nanscope/record';
import type { TrainConfig } from '@nanscope/settings';
import { packBlocks, splitRows, type TrainingRows } from '@nanscope/trainer';
import { collateOptions, DEFAULT_MAX_LENGTH } from '../data/collation.ts';
import { textRows } from '../data/inputs.ts';

// The generated corpus as rows of tokens, and what a model of it can reach at best. The process itself is in @nanscope/collator.

type CorpusConfig = Pick<
  TrainConfig,
  'corpus' | 'corpusLines' | 'seed' | 'rows' | 'maxLength' | 'paddingSide' | 'ignoreFirstToken'
>;

interface Corpus {
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
function corpusRows(config: CorpusConfig, tokenizer: Tokenizer): Corpus {
  const { corpusLines: lines, seed } = config;
  const probe = 'The fox';
  if (tokenizer.encode(probe).length !== probe.length) {
    throw new UserError(
      'usage/corpus',
      `--corpus ${config.corpus}: expected a tokenizer of bytes, whose loss can be compared with the entropy per byte; found ${tokenizer.name}. Leave out --tokenizer.`,
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

interface TrainData {
  readonly training: TrainingRows;
  /** Absent when no row is held back. */
  readonly validation?: TrainingRows;
  readonly record: TrainDataRecord;
  /** Digest of all training ids in order: distinguishes this text from another. */
  readonly digest: string;
}

type DataConfig = Pick<
  TrainConfig,
  | 'data'
  | 'textField'
  | 'corpus'
  | 'corpusLines'
  | 'validation'
  | 'split'
  | 'seed'
  | 'rows'
  | 'paddingSide'
  | 'maxLength'
  | 'ignoreFirstToken'
  | 'positionIds'
>;

interface Tokens {
  readonly rows: readonly TokenRow[];
  readonly source: string;
  readonly entropyRate?: number;
  readonly bestLoss?: number;
}

async function readTokens(config: DataConfig, tokenizer: Tokenizer): Promise<Tokens> {
  if (config.corpus !== undefined) return corpusRows(config, tokenizer);
  const rows: TokenRow[] = [];
  for await (const { text, source, line } of textRows(config)) {
    const ids = tokenizer.encode(text);
    if (ids.length > 0) rows.push({ ids: Int32Array.from(ids), origin: `${source}:${line}` });
  }
  return { rows, source: sourceWords(config.data, config.textField) };
}

function digestOf(rows: readonly TokenRow[]): string {
  const hash = createHash('sha256');
  for (const { ids } of rows) {
    const values = Int32Array.from(ids);
    hash.update(Int32Array.of(values.length)).update(values);
  }
  return hash.digest('hex').slice(0, 16);
}

interface Part {
  readonly rows: TrainingRows;
  readonly tokens: number;
}

/** Rows behind a common collation; `shape` is what a training batch wants besides. */
function collated(length: number, row: (index: number) => TokenRow, options: CollateOptions): TrainingRows {
  return {
    length,
    batch(indices, among = indices) {
      const kept = (index: number) => Math.min(row(index).ids.length, options.maxLength!);
      const minLength = among.reduce((most, index) => Math.max(most, kept(index)), 1);
      const batch = collateCausalLM(indices.map(row), { ...options, minLength });
      return { ...batch, shape: [batch.batch, batch.length] };
    },
  };
}

/** Blocks have no padding, and a real end of text keeps its label, also where it is the pad token. */
function packed(
  rows: readonly TokenRow[],
  config: DataConfig,
  tokenizer: Tokenizer,
  model: ModelConfig,
  what: string,
): Part {
  const options = { ...collateOptions(config, tokenizer, model), labelsFrom: 'mask' as const };
  const { ids, length, count } = packBlocks(
    rows.map((row) => row.ids),
    tokenizer.eosTokenId,
    options.maxLength!,
    what,
  );
  return {
    rows: collated(count, (at) => ({ ids: ids.subarray(at * length, (at + 1) * length) }), options),
    tokens: ids.length,
  };
}

function lines(
  rows: readonly TokenRow[],
  config: DataConfig,
  tokenizer: Tokenizer,
  model: ModelConfig,
): Part {
  const options = collateOptions(config, tokenizer, model);
  return {
    rows: collated(rows.length, (at) => rows[at]!, options),
    tokens: rows.reduce((sum, { ids }) => sum + Math.min(ids.length, options.maxLength!), 0),
  };
}

function splitWords({ validation, split, seed }: DataConfig): string {
  if (validation === 0) return 'no row is held back';
  const share = `${Number((validation * 100).toPrecision(6))} % of the rows`;
  return split === 'tail' ? `the last ${share}` : `${share}, chosen by hash with seed ${seed}`;
}

/** @throws {UserError} what is wrong with the text, `trainer/split`, `trainer/too-little-text` */
export async function trainData(
  config: DataConfig,
  tokenizer: Tokenizer,
  model: ModelConfig,
): Promise<TrainData> {
  const { rows: all, source, entropyRate, bestLoss } = await readTokens(config, tokenizer);
  // A token alone has none after it to predict; a step of such rows would have no loss.
  const rows = config.rows === 'line' ? all.filter(({ ids }) => ids.length > 1) : all;
  const left = all.length - rows.length;
  const split = splitRows(rows.length, config.validation, config.split, config.seed);
  const part = (chosen: readonly number[], what: string): Part => {
    const own = chosen.map((row) => rows[row]!);
    return config.rows === 'pack'
      ? packed(own, config, tokenizer, model, what)
      : lines(own, config, tokenizer, model);
  };
  const training = part(split.training, 'the training text');
  const validation = split.validation.length > 0 ? part(split.validation, 'the validation text') : undefined;
  return {
    training: training.rows,
    ...(validation && { validation: validation.rows }),
    digest: digestOf(rows),
    record: {
      source,
      tokenizer: tokenizer.name,
      rows: config.rows,
      training: training.rows.length,
      validation: validation?.rows.length ?? 0,
      trainingTokens: training.tokens,
      validationTokens: validation?.tokens ?? 0,
      split: `${splitWords(config)}${left === 0 ? '' : `; ${left === 1 ? '1 row of one token is' : `${left} rows of one token are`} left out`}`,
      ...(entropyRate !== undefined && { entropyRate }),
      ...(bestLoss !== undefined && { bestLoss }),
    },
  };
}
