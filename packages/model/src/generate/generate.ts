/**
 * Generation, one token a row and step, with cached keys and values. A row that has ended leaves the batch. What
 * the next token is, is decided in choose.ts; turning tokens into text is the caller's business.
 */
import * as tf from '@tensorflow/tfjs';
import { type HostBatch, uploadBatch } from '../batch.ts';
import type { CausalLM, ModelConfig } from '../causal-lm.ts';
import type { KeyValueCache } from '../key-value-cache.ts';
import { choose } from './choose.ts';
import { checkGenerateOptions, type GenerateOptions } from './options.ts';
import { type PromptBatch, promptLengths } from './prompts.ts';
import type { GenerationStep, RowEnd, RowStep } from './steps.ts';

/** A row that still runs. */
interface LiveRow {
  /** In the batch as it was given. */
  readonly row: number;
  readonly number: number;
  /** Columns of padding before the prompt. */
  readonly pads: number;
  /** Tokens of the prompt and generated ones. */
  readonly length: number;
  /** Tokens of the prompt, padding included, and generated ones. */
  readonly tokens: readonly number[];
}

/** The whole prompts, with positions counted from each row's first real token. */
function firstBatch({ shape, inputIds, attentionMask }: PromptBatch, live: readonly LiveRow[]): HostBatch {
  const [, T] = shape;
  const positionIds = live.flatMap(({ pads }) =>
    Array.from({ length: T }, (_, column) => Math.max(column - pads, 0)),
  );
  return { shape, inputIds, attentionMask, positionIds };
}

/** 0 for the pads of each row, then 1, over all S columns so far. */
const maskOf = (live: readonly LiveRow[]): number[] =>
  live.flatMap(({ pads, tokens }) => tokens.map((_, s) => (s < pads ? 0 : 1)));

/** The newest token of each row, and a mask over all columns. */
function nextBatch(live: readonly LiveRow[]): HostBatch {
  return {
    shape: [live.length, 1],
    inputIds: live.map(({ tokens }) => tokens.at(-1)!),
    attentionMask: maskOf(live),
    positionIds: live.map(({ length }) => length - 1),
  };
}

/** All tokens of each row. */
function wholeBatch(live: readonly LiveRow[]): HostBatch {
  const shape = [live.length, live[0]!.tokens.length] as const;
  const inputIds = live.flatMap(({ tokens }) => tokens);
  return firstBatch({ shape, inputIds, attentionMask: maskOf(live) }, live);
}

interface Advanced {
  /** [B,V] of the last position. */
  readonly logits: tf.Tensor2D;
  readonly cache: KeyValueCache;
}

function advance(
  model: CausalLM,
  batch: HostBatch,
  past: KeyValueCache | undefined,
  { implementation, policy, kernel }: GenerateOptions,
): Advanced {
  let cache: KeyValueCache | undefined;
  try {
    const logits = tf.tidy(() => {
      const result = model.step(uploadBatch(model.config, batch), past, { implementation, policy, kernel });
      cache = result.cache;
      const [B, T, C] = result.hidden.shape;
      return model.logits(tf.slice(result.hidden, [0, T - 1, 0], [B, 1, C]).reshape([B, C]) as tf.Tensor2D);
    });
    return { logits, cache: cache! };
  } catch (error) {
    cache?.dispose();
    throw error;
  }
}

/** @param length Tokens of the row, the new one included. */
function endOf(
  config: ModelConfig,
  token: number,
  length: number,
  step: number,
  options: GenerateOptions,
): RowEnd | undefined {
  const eos = options.eosTokenId === undefined ? config.eosTokenId : options.eosTokenId;
  if (token === eos || (Array.isArray(eos) && eos.includes(token))) return 'eos';
  if (step + 1 >= options.maxNewTokens || length >= (options.maxLength ?? length + 1)) return 'length';
  // The last token needs no position of its own: it is never read.
  return config.learnedPositions && length > config.maxPositions ? 'positions' : undefined;
}

/** The cache of the rows that go on; the old one is disposed of. */
function keepRows(cache: KeyValueCache, running: readonly boolean[]): KeyValueCache {
  if (running.every(Boolean)) return cache;
  const kept = cache.rows([...running.keys()].filter((row) => running[row]));
  cache.dispose();
  return kept;
}

/**
 * Tokens step by step, until every row has ended. A row's tokens do not depend on the other rows of the batch nor
 * on its padding, but for the rounding of float32 sums on a backend that adds in another order for another shape.
 * A row whose logits hold a NaN or no finite maximum ends there with the classes of its logits, without a token.
 *
 * @param prompts Padded on the left: see `leftPad`.
 * @throws UserError `generate/*` for options and prompts, and what `uploadBatch` throws; before the first step.
 */
export async function* generate(
  model: CausalLM,
  prompts: PromptBatch,
  options: GenerateOptions,
): AsyncGenerator<GenerationStep, void, undefined> {
  const { config } = model;
  const [B, T] = prompts.shape;
  checkGenerateOptions(options, B);
  let live = promptLengths(config, prompts).map(
    (length, row): LiveRow => ({
      row,
      number: options.rowNumbers?.[row] ?? row,
      pads: T - length,
      length,
      tokens: Array.from(prompts.inputIds).slice(row * T, (row + 1) * T),
    }),
  );
  let cache: KeyValueCache | undefined;
  try {
    for (let step = 0; live.length > 0; step++) {
      const restarts = step > 0 && live[0]!.tokens.length - 1 === config.restartsCacheAfter;
      const batch = step === 0 ? firstBatch(prompts, live) : restarts ? wholeBatch(live) : nextBatch(live);
      const advanced = advance(model, batch, restarts ? undefined : cache, options);
      cache?.dispose();
      cache = advanced.cache;
      const numbers = live.map(({ number }) => number);
      const choices = await choose(advanced.logits, numbers, step, options).finally(() =>
        advanced.logits.dispose(),
      );
      const rows = choices.map((choice, place): RowStep => {
        const { row, length } = live[place]!;
        if (typeof choice !== 'number') return { row, ended: 'non-finite', classes: choice };
        const ended = endOf(config, choice, length + 1, step, options);
        return { row, token: choice, ...(ended && { ended }) };
      });
      yield { step, rows };
      const running = rows.map(({ ended }) => ended === undefined);
      live = live.flatMap((row, place) => {
        const result = rows[place]!;
        return running[place] && 'token' in result
          ? [{ ...row, length: row.length + 1, tokens: [...row.tokens, result.token] }]
          : [];
      });
      if (live.length > 0) cache = keepRows(cache, running);
    }
  } finally {
    cache?.dispose();
  }
}
