/**
 * Nobody is accused who is honest, and whoever is not is: every kernel of a model that a trace can blame, on inputs at the edges
 * of float32, between any two backends of this machine; and faults planted in what a backend gave.
 */
import {
  alignTraces,
  type BatchTrace,
  type CapturedOp,
  type CapturedTensor,
  findOrigin,
  openTrace,
  readAttrs,
  replayOp,
  type TraceableSession,
} from '@nanscope/cascade';
import type { Questions, Replayable } from '@nanscope/lane';
import type { ShadowStep } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ShadowLane } from '../../packages/harness/src/shadow/shadow-lane.ts';
import { shadowStep } from '../../packages/harness/src/shadow/step.ts';
import { type Case, caseOf, forms, hostileCases, random } from './accusation-cases.ts';
import { probes } from './probes.ts';
// Registers the kernels of ours.
import '@nanscope/model';
import '@nanscope/trainer';
import '@nanscope/attention';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const found = probes.filter(({ probe }) => probe.available).map(({ backend }) => backend);
for (const { backend, probe } of probes)
  if (!probe.available) console.warn(`${backend.id} takes no part: ${probe.reason}`);

const sessions = new Map<string, TraceableSession & { dispose(): Promise<void> }>();
beforeAll(async () => {
  for (const backend of found) sessions.set(backend.id, await backend.open());
});
afterAll(async () => {
  for (const session of sessions.values()) {
    await tf.setBackend(session.tfjsName);
    await session.dispose();
  }
});

type Outputs = readonly CapturedTensor[];

/** TensorFlow.js goes through all its kernels each time that a backend is made the active one: not where it is already. */
async function activate(id: string): Promise<void> {
  const { tfjsName } = sessions.get(id)!;
  if (tf.getBackend() !== tfjsName) await tf.setBackend(tfjsName);
}

/** Each op is run once on a backend for each set of inputs. */
const known = new Map<string, Promise<Outputs>>();
async function outputsOf(id: string, op: Replayable): Promise<Outputs> {
  const words = op.inputs.map(({ values }) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  const key = `${id} ${op.kernel} ${JSON.stringify(op.attrs)} ${Buffer.concat(words).toString('base64')}`;
  const before = known.get(key);
  if (before) return before;
  await activate(id);
  const outputs = replayOp(op);
  known.set(key, outputs);
  return outputs;
}

type Fault = (outputs: Outputs) => Outputs;

function laneOn(id: string, role: ShadowLane['role'], fault: Fault = (outputs) => outputs): ShadowLane {
  return {
    role,
    async ask(_, ask) {
      const answers: Outputs[] = [];
      for (const op of (ask as Questions['replay']['ask']).ops) answers.push(fault(await outputsOf(id, op)));
      return answers as never;
    },
    end: async () => {},
  };
}

/** What a run of both would hold of the op, and what its search says. */
async function judged(one: Case, target: string, reference: string, fault?: Fault): Promise<ShadowStep> {
  const capture = async (id: string, alter: Fault = (outputs) => outputs): Promise<CapturedOp> => ({
    ...one,
    key: `forward/${one.kernel}#0`,
    outputs: alter(await outputsOf(id, one)),
  });
  const lanes = { target: laneOn(target, 'target', fault), reference: laneOn(reference, 'reference') };
  return shadowStep(lanes, await capture(target, fault), await capture(reference), {
    rtol: 1e-4,
    atol: 1e-5,
  });
}

async function traced(id: string, { kernel, inputs, attrs }: Case): Promise<BatchTrace> {
  const session = sessions.get(id)!;
  await activate(id);
  const trace = openTrace(session, 'full');
  const given = Object.fromEntries(
    inputs.map(({ name, shape, dtype, values }) => [
      name,
      tf.tensor(values, [...shape], dtype as tf.DataType),
    ]),
  );
  try {
    tf.dispose(trace.run('forward', () => tf.engine().runKernel(kernel, given, readAttrs(attrs))));
    return await trace.collect();
  } finally {
    trace.close();
    tf.dispose(given);
  }
}

const blames = ({ judgement }: ShadowStep) => judgement === 'own' || judgement === 'both';
const pairs = found.flatMap(({ id }, i) => found.slice(i + 1).map((other) => [other.id, id] as const));
const alone = pairs.length === 0 ? ' (skipped: one backend alone is held against none)' : '';

describe('no backend that is honest is accused', () => {
  const cases = hostileCases();

  it('is put to the test by 200 inputs and more', () => expect(cases.length).toBeGreaterThanOrEqual(200));

  it.each(pairs)('%s against %s, with equal inputs', async (target, reference) => {
    const wrong: string[] = [];
    for (const one of cases) {
      const step = await judged(one, target, reference);
      if (blames(step)) wrong.push(`${one.id}: ${JSON.stringify(step.onReferenceInputs)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('by a trace alone, or by two of them', async () => {
    const wrong: string[] = [];
    for (const one of cases) {
      const traces = new Map<string, BatchTrace>();
      for (const { id } of found) traces.set(id, await traced(id, one));
      for (const [id, trace] of traces) {
        const name = findOrigin(trace)?.mechanism.name;
        if (name === 'kernel fault' || name === 'out-of-range read')
          wrong.push(`${one.id}: ${name} of ${id}`);
      }
      for (const [target, reference] of pairs) {
        const { firstClassDivergence } = alignTraces(traces.get(reference)!, traces.get(target)!);
        if (firstClassDivergence?.label === 'kernel bug suspected')
          wrong.push(`${one.id}: ${target} against ${reference}, ${firstClassDivergence.reason}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** Ways to be wrong, each of the first output; `at` is an element of it. */
const faults: Readonly<Record<string, (values: number[], width: number, at: number, one: Case) => number[]>> =
  {
    'a wrong element': (values, _, at) => values.with(at, values[at]! * 1.01 + 0.01),
    'one NaN': (values, _, at) => values.with(at, Number.NaN),
    'one infinity': (values, _, at) => values.with(at, Number.POSITIVE_INFINITY),
    'a scaled output': (values) => values.map((value) => value * 1.002),
    'another sign': (values, _, at) => values.with(at, -values[at]! - 0.1),
    'a row of zeros': (values, width, at) => values.fill(0, at - (at % width), at - (at % width) + width),
    'one place further': (values) => [...values.slice(-1), ...values.slice(0, -1)],
    'rows swapped': (values, width) => {
      const cut = width < values.length ? width : 1;
      return [...values.slice(cut), ...values.slice(0, cut)];
    },
    'a term left out': (values, _, at, { inputs: [first] }) =>
      values.with(at, values[at]! - (first!.values[at % first!.values.length]! || 0.5)),
    'half of the gradient': (values) => values.map((value) => value / 2),
  };

describe.skipIf(alone)(`a fault that is planted is found${alone}`, () => {
  const plantable = forms.filter(({ kernel }) => kernel !== 'RowArgmax' && kernel !== 'EuclideanNorm');
  const next = random(1);
  const planted = Array.from({ length: 60 }, (_, i) => {
    const name = Object.keys(faults)[i % Object.keys(faults).length]!;
    const form = plantable[(i * 7) % plantable.length]!;
    return { name, one: caseOf(form, 'plain', 1000 + i), place: next() };
  });

  // A suite without a test fails, though it is skipped.
  if (alone) it('needs two backends', () => {});

  it.each(pairs)('%s against %s', async (target, reference) => {
    const missed: string[] = [];
    for (const { name, one, place } of planted) {
      const fault: Fault = ([first, ...rest]) => {
        const width = first!.shape.at(-1) ?? 1;
        const at = Math.floor(place * first!.values.length);
        const values = faults[name]!(Array.from(first!.values), width, at, one);
        return [{ ...first!, values: Float32Array.from(values) }, ...rest];
      };
      const step = await judged(one, target, reference, fault);
      if (!blames(step)) missed.push(`${name} in ${one.id}: ${step.judgement}, ${step.reason}`);
    }
    expect(missed).toEqual([]);
  });
});
