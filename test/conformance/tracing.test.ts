/** Training steps under taps on every backend: no bit of them changes, and every gradient, moment and parameter is seen. */
import { policies } from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import { type BatchTrace, parseTapFilter, parseTraces } from '@nanscope/cascade';
import { StepTracer } from '@nanscope/lane';
import { loadCausalLM, parseConfig } from '@nanscope/model';
import type { TraceSettings } from '@nanscope/settings';
import { AdamW, type LabelledBatch, type Training, train } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probes } from './probes.ts';

const shape = { vocab_size: 32, n_positions: 8, n_embd: 16, n_layer: 1, n_head: 2 };

function batchOf(rows: readonly number[]): LabelledBatch & { batch: number; length: number } {
  const ids = rows.flatMap((row) => Array.from({ length: 8 }, (_, t) => (row * 5 + t * 3) % 32));
  return {
    shape: [rows.length, 8],
    batch: rows.length,
    length: 8,
    inputIds: ids,
    attentionMask: Int32Array.from(ids, () => 1),
    positionIds: ids.map((_, at) => at % 8),
    labels: ids,
  };
}

async function runOf(accumulate: number): Promise<Training> {
  const model = await loadCausalLM({ config: parseConfig(shape, 'test'), seed: 1 });
  return {
    model,
    optimizer: new AdamW(model.parameters),
    training: { length: 16, batch: batchOf },
    settings: {
      implementation: 'sdpa',
      policy: policies.safe,
      batchSize: 2,
      accumulate,
      steps: 2,
      learningRate: 1e-3,
      schedule: { name: 'constant', totalSteps: 2, warmupSteps: 0 },
      clip: 1,
      dropout: 0.1,
      seed: 1,
      evalEvery: 0,
      saveEvery: 0,
      onNonFinite: 'stop',
    },
  };
}

interface Traced {
  readonly traces: BatchTrace[];
  readonly tracer: StepTracer;
  readonly losses: number[];
  readonly names: string[];
}

/** Two steps under a level, after the step was tried with and without taps. */
async function traced(session: Session, settings: TraceSettings, accumulate = 1): Promise<Traced> {
  const run = await runOf(accumulate);
  const lines: string[] = [];
  const sink = {
    write() {},
    append() {},
    appendLines: (name: string, more: readonly string[]) =>
      void (name === 'health.jsonl' && lines.push(...more)),
  };
  const tracer = new StepTracer(session, settings, run, sink);
  const losses: number[] = [];
  await tracer.observe(0);
  const { numTensors } = tf.memory();
  await train(run, {
    ...(tracer.everyStep && { observe: tracer.observer }),
    onStep: ({ loss }) => void losses.push(loss),
    onValidation() {},
    async onNonFinite({ reason }) {
      throw new Error(reason);
    },
    async save() {},
    stopWanted: () => false,
  });
  await tracer.close();
  expect(tf.memory().numTensors).toBe(numTensors);
  const names = Object.keys(run.model.parameters);
  run.optimizer.dispose();
  run.model.dispose();
  return { traces: parseTraces(lines.map((line) => `${line}\n`).join('')), tracer, losses, names };
}

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`tracing of training on ${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(async () => {
      await session?.dispose();
    });

    it('changes no bit of a step, and sees every gradient, moment and updated parameter', async () => {
      const off = await traced(session, { level: 'off', keep: 0, filters: [] });
      expect(off.traces).toEqual([]);
      expect(off.tracer.record()).toMatchObject({ observer: 'nothing wrapped', ops: 0 });

      const health = await traced(session, { level: 'health', keep: 0, filters: [] });
      expect(health.losses).toEqual(off.losses);
      const { observer, observed } = health.tracer.record();
      expect([observer, observed]).toEqual([
        'unchanged',
        expect.stringContaining('of step 1, bit by bit with and without'),
      ]);

      const [first] = health.traces;
      const seen = first!.records.filter(({ gradientOf }) => gradientOf !== undefined);
      expect(seen.map(({ gradientOf }) => gradientOf).sort()).toEqual([...health.names].sort());
      expect(seen.every(({ health: counted }) => counted?.nan === 0)).toBe(true);
      for (const name of health.names) {
        const updates = first!.records.filter(
          ({ phase, path, dtype }) => phase === 'optimizer' && path === name && dtype === 'float32',
        );
        expect(updates.length, name).toBeGreaterThanOrEqual(3);
        expect(updates.every(({ health: counted }) => counted !== undefined)).toBe(true);
      }
      expect(Object.keys(first!.externals)).toContain(`exp_avg/${health.names[0]}`);
    });
  });
}

describe('what is looked at', () => {
  let session: Session;
  beforeAll(async () => {
    session = await backends()
      .find(({ id }) => id === 'cpu')!
      .open();
  });

  it('a step of several micro-batches leaves the trace of the first, where none has an origin', async () => {
    const { traces } = await traced(session, { level: 'health', keep: 0, filters: [] }, 2);
    expect(traces.map(({ batch }) => batch)).toEqual([1, 2]);
    const phases = new Set(traces[0]!.records.map(({ phase }) => phase));
    expect([...phases].sort()).toEqual(['backward', 'forward', 'loss']);
  });

  it('a filter leaves the rest out, uncounted, and keeps what feeds the ops that are wanted', async () => {
    const filters = [parseTapFilter('phase=optimizer,op=EuclideanNorm')];
    const { traces } = await traced(session, { level: 'health', keep: 0, filters });
    const { records, filtered } = traces[0]!;
    const wanted = records.filter(({ outside }) => !outside);
    expect(new Set(wanted.map(({ kernel }) => kernel))).toEqual(new Set(['EuclideanNorm']));
    // Gradients, and the norms of the single ones on their way into the global one.
    const feeding = records.filter(({ outside }) => outside).map(({ phase, kernel }) => `${phase} ${kernel}`);
    expect(feeding.filter((each) => !each.startsWith('backward '))).toEqual(['optimizer Pack']);
    expect(wanted.every(({ inputs }) => inputs.length === 1 && 'record' in inputs[0]!)).toBe(true);
    expect(filtered).toBeGreaterThan(100);
  });
});
