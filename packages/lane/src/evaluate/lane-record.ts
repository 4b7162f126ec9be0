/** The lane's own run.json while it grows: opened before anything is computed, rewritten as results come in. */
import type { Session } from '@nanscope/backend';
import { type Tokenizer, tokenizerWords } from '@nanscope/collator';
import { type CausalLM, isModelPreset, isTrainedModel } from '@nanscope/model';
import {
  type EnvironmentRecord,
  type LaneRecord,
  type MetricsRecord,
  type RecordSink,
  SCHEMA_VERSION,
  toJsonNumber,
} from '@nanscope/record';
import { configRecord, type EvalConfig, policyRecord } from '@nanscope/settings';
import type { EvalAccumulator } from '@nanscope/trainer';
import { mismatchWords } from '../data/tokenizer-choice.ts';
import type { LaneTaskBase } from '../protocol/task.ts';
import { sdpaKernelRules } from './sdpa-kernel.ts';

type LaneHead = Omit<
  LaneRecord,
  'kind' | 'data' | 'metrics' | 'cascade' | 'leak' | 'policyEffect' | 'memory'
>;

/** What a lane knows of its task when it begins, whatever it computes. */
interface LaneIdentity {
  readonly role: LaneTaskBase['role'];
  readonly decision: LaneTaskBase['decision'];
  readonly policy: LaneTaskBase['policy'];
  readonly config: Pick<EvalConfig, 'model' | 'sdpaKernel' | 'trace' | 'saveOutputs'> & {
    readonly dropout?: number;
  };
}

/** What every lane says of itself at its start. */
export function laneHead(
  { role, decision, policy, config: settings }: LaneIdentity,
  session: Session,
  model: CausalLM,
  environment: EnvironmentRecord,
  tokenizer: Tokenizer,
): LaneHead {
  const { config } = model;
  // The bundled model has a name; where its files lie is a matter of this machine.
  const named = isTrainedModel(settings.model) ? { ...tokenizer, name: settings.model } : tokenizer;
  return {
    schemaVersion: SCHEMA_VERSION,
    role,
    status: 'running',
    startedAt: new Date().toISOString(),
    config: configRecord(settings),
    policy: policyRecord(policy, config.scaleSettings),
    decision: {
      ...(structuredClone(decision) as LaneRecord['decision']),
      rules: [...decision.rules, ...sdpaKernelRules({ config: settings, decision, policy }, model)],
    },
    environment,
    kernelNotes: [...session.notes],
    model: {
      name: settings.model,
      parameters: Object.values(model.parameters).reduce((sum, { size }) => sum + size, 0),
      layers: config.layers,
      heads: config.heads,
      width: config.width,
      vocabulary: config.vocabulary,
      positions: config.maxPositions,
      ...(config.sinks && { sinks: config.sinks }),
    },
    modelFacts: {
      ...model.facts,
      tokenizer: `${tokenizerWords(named)}${mismatchWords(tokenizer, config.vocabulary, !isModelPreset(settings.model))}`,
    },
  };
}

export class LaneRecorder {
  readonly #sink: RecordSink;
  #record: LaneRecord;

  /** @param earlier what an earlier process of the lane had come to, which this one goes on from */
  constructor(
    sink: RecordSink,
    head: LaneHead,
    data: Pick<LaneRecord['data'], 'source' | 'cut'>,
    earlier?: LaneRecord,
  ) {
    this.#sink = sink;
    this.#record = { ...head, kind: 'lane', data: { ...data, rows: 0, truncated: 0 } };
    if (earlier) {
      const { startedAt, data, metrics, cascade, memory } = earlier;
      this.#record = {
        ...this.#record,
        ...{ startedAt, data },
        ...(metrics && { metrics }),
        ...(cascade && { cascade }),
        ...(memory && { memory }),
      };
    }
    this.write();
  }

  get record(): LaneRecord {
    return this.#record;
  }

  update(change: Partial<LaneRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.write();
  }

  private write(): void {
    this.#sink.write('run.json', this.#record);
  }
}

export interface Counts {
  readonly rows: number;
  readonly batches: number;
  readonly seconds: number;
  /** Tokens fed in, padding excluded. */
  readonly inputTokens: number;
}

/** The accumulated figures of a lane in the words of the result schema. */
export function metricsRecord(accumulator: EvalAccumulator, counts: Counts): MetricsRecord {
  const metrics = accumulator.metrics();
  return {
    loss: toJsonNumber(metrics.loss),
    ...(Number.isFinite(metrics.lossError) && { lossError: metrics.lossError }),
    perplexity: toJsonNumber(metrics.perplexity),
    accuracy: toJsonNumber(metrics.accuracy),
    tokens: metrics.supervisedTokens,
    unanswerable: metrics.unanswerable,
    rows: counts.rows,
    batches: counts.batches,
    seconds: counts.seconds,
    tokensPerSecond: counts.inputTokens / counts.seconds,
    nonFinite: metrics.nonFinite,
  };
}

// What is special about a label's place in its row, in the words of the report.

/**
 * @param mask The row's attention mask, length T.
 * @param position The position of the label; its prediction comes from `position - 1`.
 */
export function labelWords(mask: ArrayLike<number>, position: number): string {
  const predictedFromPad = position > 0 && mask[position - 1] === 0;
  if (predictedFromPad && mask[position] === 1) return 'first real token, predicted from the last pad';
  if (predictedFromPad) return 'predicted from a pad';
  return 'predicted from a real token';
}

/** The mean in double precision over supervised tokens; NaN when there is none or one of them is NaN. */
export function meanLoss(losses: Float32Array): number {
  let sum = 0;
  for (const loss of losses) sum += loss;
  return sum / losses.length;
}
