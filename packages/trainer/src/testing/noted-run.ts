/** A small training run for tests, whose hooks note everything. */
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import type { RunProgress } from '../loop/plan.ts';
import type {
  NonFiniteStep,
  StepReport,
  TrainHooks,
  Training,
  TrainingRows,
  TrainSettings,
  ValidationReport,
} from '../loop/settings.ts';
import { train } from '../loop/train.ts';
import { AdamW } from '../optimizer/adamw.ts';

/** A text of which every byte follows from the one before; rows of 12, all real. */
export const T = 12;
const text: TrainingRows = {
  length: 24,
  batch(rows) {
    const ids = rows.flatMap((row) => Array.from({ length: T }, (_, t) => (row * 7 + t * 3) % 64));
    return {
      shape: [rows.length, T],
      inputIds: ids,
      attentionMask: ids.map(() => 1),
      positionIds: ids.map((_, at) => at % T),
      labels: ids,
    };
  },
};

const settings: TrainSettings = {
  implementation: 'sdpa',
  policy: {
    name: 'zero rows',
    fill: { how: 'select', value: Number.NEGATIVE_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
  },
  batchSize: 4,
  accumulate: 2,
  steps: 12,
  learningRate: 5e-3,
  schedule: { name: 'cosine', totalSteps: 12, warmupSteps: 2 },
  clip: 1,
  dropout: 0.1,
  seed: 11,
  evalEvery: 4,
  saveEvery: 3,
  onNonFinite: 'stop',
};

export interface Kept {
  readonly progress: RunProgress;
  readonly weights: Record<string, Float32Array>;
  readonly moments: Record<string, Float32Array>;
}

export const bits = (values: Float32Array) => [
  ...new Uint32Array(values.buffer, values.byteOffset, values.length),
];

export async function host(
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<Record<string, Float32Array>> {
  const read = async ([name, tensor]: [string, tf.Tensor]) => [
    name,
    Float32Array.from((await tensor.data()) as Float32Array),
  ];
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)));
}

/** A run whose hooks note everything; `stopAfter` asks it to stop as Ctrl-C does. */
export class Run {
  readonly steps: StepReport[] = [];
  readonly validations: ValidationReport[] = [];
  readonly hits: NonFiniteStep[] = [];
  readonly saved: Kept[] = [];
  model!: CausalLM;
  optimizer!: AdamW;

  /** At 0 the update divides 0 by 0 where a parameter has no gradient. */
  epsilon = 1e-8;

  async open(from?: Kept): Promise<void> {
    this.model = await loadCausalLM({ preset: 'tiny', seed: 3 });
    this.optimizer = new AdamW(this.model.parameters, { weightDecay: 0.1, epsilon: this.epsilon });
    if (from) this.restore(from);
  }

  restore({ progress, weights, moments }: Kept): void {
    const shaped = (tensors: Record<string, Float32Array>, like: Readonly<Record<string, tf.Tensor>>) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, values]) => [name, tf.tensor(values, like[name]!.shape)]),
      );
    const [w, m] = [shaped(weights, this.model.parameters), shaped(moments, this.optimizer.stateTensors())];
    for (const [name, value] of Object.entries(w)) this.model.parameters[name]!.assign(value);
    this.optimizer.load({ steps: progress.step, tensors: m });
    tf.dispose([w, m]);
  }

  async train(
    changes: Partial<TrainSettings> = {},
    {
      from,
      stopAfter = Number.POSITIVE_INFINITY,
      ...more
    }: { from?: Kept; stopAfter?: number } & Partial<Training & TrainHooks> = {},
  ) {
    await this.open(from);
    const hooks: TrainHooks = {
      onStep: (report) => void this.steps.push(report),
      onValidation: (report) => void this.validations.push(report),
      onNonFinite: async (step) => void this.hits.push(step),
      save: async (progress) =>
        void this.saved.push({
          progress,
          weights: await host(this.model.parameters),
          moments: await host(this.optimizer.stateTensors()),
        }),
      stopWanted: () => this.steps.length >= stopAfter,
      ...more,
    };
    const { model, optimizer } = this;
    const own: Training = {
      model,
      optimizer,
      training: text,
      validation: text,
      settings: { ...settings, ...changes },
      ...more,
    };
    return from ? train(own, hooks, from.progress) : train(own, hooks);
  }

  close(): void {
    this.optimizer.dispose();
    this.model.dispose();
  }
}

export const curve = (run: Run) => run.steps.map(({ step, loss, gradNorm }) => [step, loss, gradNorm]);
