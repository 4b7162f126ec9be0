/** One step of an evaluation and one of training, under a level of tracing, with the tracers that `eval` and `train` use. */
import type { Policy } from '@nanscope/attention';
import type { Session } from '@nanscope/backend';
import type { TraceLevel } from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import { LaneTracer, StepTracer } from '@nanscope/lane';
import type { CausalLM } from '@nanscope/model';
import type { RecordSink } from '@nanscope/record';
import { sdpaKernelOf } from '@nanscope/settings';
import { AdamW, type LabelledBatch, type TrainHooks, type Training, train } from '@nanscope/trainer';

export interface StepSetup {
  readonly session: Session;
  readonly model: CausalLM;
  readonly policy: Policy;
  readonly batch: number;
  readonly length: number;
}

export interface OpenLevel {
  /** @returns What the step came to: its losses. */
  step(): Promise<Float32Array>;
  /** What the last step's trace says of itself. */
  last(): { readonly bytesRead: number; readonly ops: number };
  close(): Promise<void>;
}

export interface Steps {
  /** @param composed whether attention is composed at levels that leave it to the backend, too */
  open(level: TraceLevel, composed?: boolean): Promise<OpenLevel>;
}

/** Keeps the last header of health.jsonl: one a batch of an evaluation, one a step of training. */
function headerSink(): RecordSink & Pick<OpenLevel, 'last'> {
  let last = { bytesRead: 0, ops: 0 };
  return {
    write() {},
    append() {},
    appendLines(name, [header]) {
      if (name === 'health.jsonl' && header) last = JSON.parse(header);
    },
    last: () => ({ bytesRead: last.bytesRead, ops: last.ops }),
  };
}

function batchOf({ model, batch, length }: StepSetup): CausalLMBatch {
  const inputIds = Int32Array.from(
    { length: batch * length },
    (_, i) => (i * 7919) % model.config.vocabulary,
  );
  return {
    inputIds,
    attentionMask: new Int32Array(batch * length).fill(1),
    labels: inputIds,
    positionIds: inputIds.map((_, i) => i % length),
    batch,
    length,
    lengths: new Array(batch).fill(length),
    truncated: 0,
  };
}

export function evaluationSteps(setup: StepSetup): Steps {
  const { session, model, policy } = setup;
  const batch = batchOf(setup);
  return {
    async open(level, composed = false) {
      const kernel = sdpaKernelOf({ sdpaKernel: composed ? 'composed' : 'auto', trace: level });
      const computation = { model, implementation: 'sdpa' as const, policy, kernel };
      const sink = headerSink();
      const tracer = new LaneTracer(session, { level, keep: 3, filters: [] }, model, sink);
      let index = 0;
      return {
        step: async () => (await tracer.evaluate(computation, { index: index++, batch, rows: [] })).losses,
        last: sink.last,
        close: async () => tracer.close(),
      };
    },
  };
}

/** The same step again and again: the learning rate is 0, so that the whole update runs and the weights stay. */
export function trainingSteps(setup: StepSetup): Steps {
  const { session, model, policy } = setup;
  const batch = batchOf(setup);
  const rows: LabelledBatch = { ...batch, shape: [batch.batch, batch.length] };
  const run: Training = {
    model,
    optimizer: new AdamW(model.parameters),
    training: { length: 1, batch: () => rows },
    settings: {
      implementation: 'sdpa',
      policy,
      kernel: 'auto',
      batchSize: 1,
      accumulate: 1,
      steps: 1,
      learningRate: 0,
      schedule: { name: 'constant', totalSteps: 1, warmupSteps: 0 },
      clip: 1,
      dropout: 0,
      seed: 1,
      evalEvery: 0,
      saveEvery: 0,
      onNonFinite: 'stop',
    },
  };
  return {
    async open(level, composed = false) {
      const sink = headerSink();
      const settings = { ...run.settings, kernel: composed ? ('composed' as const) : run.settings.kernel };
      const taken = { ...run, settings };
      const tracer = new StepTracer(session, { level, keep: 3, filters: [] }, taken, sink);
      let loss = Number.NaN;
      const hooks: TrainHooks = {
        ...(tracer.everyStep && { observe: tracer.observer }),
        onStep(report) {
          loss = report.loss;
        },
        onValidation() {},
        async onNonFinite({ reason }) {
          throw new Error(`The benchmark's step is not finite: ${reason}`);
        },
        async save() {},
        stopWanted: () => false,
      };
      return {
        async step() {
          await train(taken, hooks);
          return Float32Array.of(loss);
        },
        last: sink.last,
        close: () => tracer.close(),
      };
    },
  };
}
