/** Runs a cell on the active backend: one traced step, and another forward pass for the question of the future. */
import {
  type BatchTrace,
  findOrigin,
  openTrace,
  positionPicture,
  type TraceableSession,
} from '@nanscope/cascade';
import { type CausalLMBatch, ignoreIndex } from '@nanscope/collator';
import {
  buildCausalLM,
  type CausalLM,
  type ForwardOptions,
  openParts,
  parseConfig,
  uploadBatch,
} from '@nanscope/model';
import { lossAndGradients, scoreRows, supervisedRows, uploadTrainingBatch } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { type Cell, classOf, isForeign, nanMapOf, type Observation } from './cell.ts';
import {
  BATCH,
  type CellBatch,
  cellBatch,
  FUTURE,
  LENGTH,
  VOCABULARY,
  withAnotherFuture,
} from './cell-batch.ts';
import { cellPolicy, leakOf, maskFactsOf } from './predict.ts';

interface Step {
  readonly losses: Float32Array;
  /** [B * T, V] */
  readonly logits: Float32Array;
  /** All gradients end to end, one length a parameter; empty in inference. */
  readonly gradients: readonly Float32Array[];
}

const shape = [BATCH, LENGTH] as const;

/** @param model of the cell's number of layers. */
export async function runCell(cell: Cell, session: TraceableSession, model: CausalLM): Promise<Observation> {
  const given = cellBatch(cell);
  const explicit = given.explicit && tf.tensor4d(given.explicit, [BATCH, 1, LENGTH, LENGTH], 'bool');
  if (isForeign(cell)) throw new Error(`${cell.attn} cannot stand inside our model: see foreign-cell.ts.`);
  const options: ForwardOptions = {
    implementation: cell.attn as 'eager' | 'sdpa',
    policy: cellPolicy(cell),
    mask: { ...(given.window !== undefined && { window: given.window }), ...(explicit && { explicit }) },
  };
  try {
    const trace = openTrace(session, 'health');
    let step: Step;
    let collected: BatchTrace;
    try {
      step = await (cell.mode === 'training' ? train : infer)(model, given.batch, options, trace);
      collected = await trace.collect();
    } finally {
      trace.close();
    }
    const leaks = await leaksOf(model, given.batch, options, step.logits);
    return observationOf(cell, given, step, collected, leaks, Object.keys(model.parameters).length);
  } finally {
    explicit?.dispose();
  }
}

type Phase = Pick<ReturnType<typeof openTrace>, 'run'>;

/** Losses of the supervised tokens, and all logits, which are no part of the trace. */
async function infer(
  model: CausalLM,
  batch: CausalLMBatch,
  options: ForwardOptions,
  trace: Phase,
): Promise<Step> {
  const supervised = supervisedRows(batch.labels, shape, VOCABULARY);
  const { losses, predictions, logits } = tf.tidy(() => {
    const hidden = trace.run('forward', () =>
      model.hidden(uploadBatch(model.config, { ...batch, shape }), options),
    );
    const scores = scoreRows(model, hidden, supervised, (phase, work) => trace.run(phase, work));
    return { ...scores, logits: allLogits(model, hidden) };
  });
  try {
    const [loss, logit] = await Promise.all([losses.data(), logits.data()]);
    return { losses: Float32Array.from(loss), logits: Float32Array.from(logit), gradients: [] };
  } finally {
    tf.dispose([losses, predictions, logits]);
  }
}

async function train(
  model: CausalLM,
  batch: CausalLMBatch,
  options: ForwardOptions,
  trace: Phase,
): Promise<Step> {
  const { losses, logits } = await infer(model, batch, options, { run: (_phase, work) => work() });
  const uploaded = uploadTrainingBatch(model.config, { ...batch, shape });
  const result = lossAndGradients(model, uploaded, {
    ...options,
    phase: (phase, work) => trace.run(phase, work),
  });
  const sizes = Object.values(result.gradients).map(({ size }) => size);
  // One read-back for all of them.
  const together = tf.tidy(() =>
    tf.concat1d(Object.values(result.gradients).map((g) => tf.reshape(g, [g.size]))),
  );
  try {
    const values = await together.data<'float32'>();
    const ends = sizes.map((_size, i) => sizes.slice(0, i + 1).reduce((sum, n) => sum + n, 0));
    return { losses, logits, gradients: ends.map((end, i) => values.subarray(end - sizes[i]!, end)) };
  } finally {
    tf.dispose([together, result.lossSum, ...Object.values(result.gradients)]);
    tf.dispose({ ...uploaded });
  }
}

/** hidden [B, T, D] -> logits [B * T, V] */
const allLogits = (model: CausalLM, hidden: tf.Tensor): tf.Tensor2D =>
  model.logits(tf.reshape(hidden, [BATCH * LENGTH, -1]));

async function logitsOf(
  model: CausalLM,
  batch: CausalLMBatch,
  options: ForwardOptions,
): Promise<Float32Array> {
  const logits = tf.tidy(() => {
    const hidden = model.hidden(uploadBatch(model.config, { ...batch, shape }), options);
    return allLogits(model, hidden);
  });
  try {
    return Float32Array.from(await logits.data());
  } finally {
    logits.dispose();
  }
}

/** How far the logits of a position are apart: 0 for equal numbers or two NaN. */
function distance(a: Float32Array, b: Float32Array, at: number): number {
  let largest = 0;
  for (let i = at * VOCABULARY; i < (at + 1) * VOCABULARY; i++) {
    if (Object.is(a[i], b[i])) continue;
    const apart = Math.abs(a[i]! - b[i]!);
    largest = Math.max(largest, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
  }
  return largest;
}

/** Flat places before `FUTURE` whose logits moved by more than the same batch moves when it is run twice. */
async function leaksOf(
  model: CausalLM,
  batch: CausalLMBatch,
  options: ForwardOptions,
  before: Float32Array,
): Promise<number[]> {
  const after = await logitsOf(model, withAnotherFuture(batch), options);
  const early = Array.from({ length: BATCH * LENGTH }, (_, at) => at).filter((at) => at % LENGTH < FUTURE);
  const moved = early.filter((at) => distance(before, after, at) > 0);
  if (moved.length === 0) return [];
  const again = await logitsOf(model, batch, options);
  return moved.filter((at) => distance(before, after, at) > 4 * distance(before, again, at));
}

function observationOf(
  cell: Cell,
  given: CellBatch,
  { losses, gradients }: Step,
  trace: BatchTrace,
  leaks: readonly number[],
  parameters: number,
): Observation {
  const { batch } = given;
  const context = { batch: BATCH, positions: LENGTH, mask: maskFactsOf(cell, given) };
  const picture = positionPicture(trace, context);
  const blocks = picture.layers.flatMap((name, i) => (name === 'ln_f' ? [] : [i]));
  const layers = blocks.map((i) => picture.cells.map((row) => row[i]!));
  const origin = findOrigin(trace, context);
  const judged = (at: number) => (at + 1) % LENGTH !== 0 && batch.labels[at + 1] !== ignoreIndex;
  const nanGradients = gradients.filter((values) => values.some(Number.isNaN)).length;
  const lossValue = mean(losses);
  return {
    layers,
    nanMap: nanMapOf(layers.at(-1)!, Number(cell.row)),
    leak: leakOf(leaks, judged),
    loss: classOf([lossValue]),
    gradients:
      cell.mode === 'inference' ? 'none' : classOf(gradients.flatMap((values) => Array.from(values))),
    origin: origin ? `${origin.mechanism.name} at [${origin.coordinates.slice(0, 3).join(',')}]` : 'none',
    lossValue,
    rowLosses: rowLosses(batch, losses),
    leaks: leaks.map((at) => [Math.floor(at / LENGTH), at % LENGTH] as const),
    nanGradients,
    parameters,
    originKey: origin?.key ?? '',
  };
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
}

function rowLosses(batch: CausalLMBatch, losses: Float32Array): number[] {
  const { rows } = supervisedRows(batch.labels, shape, VOCABULARY);
  return Array.from({ length: BATCH }, (_, row) =>
    mean(losses.filter((_loss, i) => Math.floor(rows[i]! / LENGTH) === row)),
  );
}

// The model of every cell: two heads of four, drawn from a seed, wide enough apart that a moved token moves its logits.

const SEED = 7;

/** On the active backend; the caller disposes of it. */
export async function tinyModel(layers: number): Promise<CausalLM> {
  const shape = { vocab_size: VOCABULARY, n_positions: LENGTH, n_embd: 8, n_head: 2, n_layer: layers };
  // Ten times GPT-2's own spread: at this width 0.02 would leave every logit nearly the same.
  const config = parseConfig(
    { ...shape, initializer_range: 0.2, eos_token_id: null, bos_token_id: null },
    'cell',
  );
  return buildCausalLM(await openParts({ config, seed: SEED }));
}

/** A decoder of today in the same size: grouped queries, rotary positions, RMSNorm, a gated MLP. The caller disposes of it. */
export async function tinyLlama(): Promise<CausalLM> {
  const sizes = {
    vocab_size: VOCABULARY,
    max_position_embeddings: LENGTH,
    hidden_size: 8,
    intermediate_size: 16,
  };
  const heads = { num_attention_heads: 2, num_key_value_heads: 1, num_hidden_layers: 1 };
  const config = parseConfig(
    {
      model_type: 'llama',
      ...sizes,
      ...heads,
      initializer_range: 0.2,
      eos_token_id: null,
      bos_token_id: null,
    },
    'cell',
  );
  return buildCausalLM(await openParts({ config, seed: SEED }));
}
