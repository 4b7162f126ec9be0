/** What can be refused of settings, lengths and batches before a lane starts, wherever model and text come from. */
import { ignoreIndex, type TextRow } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import type { EvalBatch } from '@nanscope/lane';
import { checkTracing } from '@nanscope/lane';
import { type InputModel, positionLimit } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';
import { checkOutputs, checkSdpaKernel, policyOf } from '@nanscope/settings';

/** @throws {UserError} for a policy that cannot be made, and for flags that exclude each other */
export function checkSettings(config: EvalConfig): void {
  policyOf(config);
  checkSdpaKernel(config);
  checkOutputs(config);
  checkTracing(config);
}

/** @throws {UserError} `usage/max-length` */
export function checkMaxLength({ maxLength }: Pick<EvalConfig, 'maxLength'>, model: InputModel): void {
  if (maxLength === undefined || maxLength <= positionLimit(model)) return;
  throw new UserError(
    'usage/max-length',
    `--max-length ${maxLength}: expected at most ${model.maxPositions}, the positions of the model (${model.positionsKey}).`,
  );
}

/** A row of one token has nothing to predict: without any label there is no loss to evaluate. */
async function checkLabels(
  config: EvalConfig,
  batches: AsyncIterable<EvalBatch>,
  every: boolean,
): Promise<void> {
  let labelled = false;
  for await (const { batch } of batches) {
    // The label at position 0 is never predicted.
    labelled ||= batch.labels.some((label, at) => label !== ignoreIndex && at % batch.length > 0);
    if (labelled && !every) return;
  }
  if (labelled) return;
  throw new UserError(
    'data/no-labels',
    `${config.loadInputs ?? config.data ?? 'the built-in text'}: expected at least one label to predict, found none; a row needs two tokens${config.ignoreFirstToken ? ' (three under --ignore-first-token)' : ''}.`,
  );
}

async function countRows(texts: AsyncIterable<TextRow>, limit: number | undefined): Promise<number> {
  let rows = 0;
  for await (const _ of texts) {
    rows++;
    if (rows === limit) break;
  }
  return rows;
}

export interface CheckedInputs {
  /** Batches that will be evaluated. */
  readonly batches: number;
  /** Rows in them. */
  readonly rows: number;
}

/**
 * Reads the whole text once without tokenizing it, and collates up to the first label.
 *
 * @param from `rows` is undefined for one ready batch.
 * @throws {UserError} `data/no-labels`, and what reading throws
 */
export async function checkBatches(
  config: EvalConfig,
  from: {
    readonly rows: AsyncIterable<TextRow> | undefined;
    readonly batches: AsyncIterable<EvalBatch>;
    /** Whether any batch may hold an id that the model lacks: all are collated then. */
    readonly every?: boolean;
  },
): Promise<CheckedInputs> {
  const rows = from.rows === undefined ? 1 : await countRows(from.rows, config.limit);
  await checkLabels(config, from.batches, from.every ?? false);
  return { batches: Math.ceil(rows / config.batchSize), rows };
}
