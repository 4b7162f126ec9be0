/**
 * The allowance of a shadow replay against real kernels: between two devices of ours no op of a model is found to make a
 * difference of its own, with NaN in the batch or without, and an error of a thousandth in one element always is.
 */
import { policies } from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import { type CapturedOp, type CapturedTensor, callOf } from '@nanscope/cascade';
import { collateCausalLM } from '@nanscope/collator';
import type { Question, Questions } from '@nanscope/lane';
import { type Answering, answer } from '@nanscope/lane';
import { buildCausalLM, type CausalLM, loadCausalLM, parseConfig } from '@nanscope/model';
import type { ShadowStep } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShadowLane } from '../../packages/harness/src/shadow/shadow-lane.ts';
import { shadowStep } from '../../packages/harness/src/shadow/step.ts';
import { smallConfigs } from '../../packages/model/src/testing/small-configs.ts';
import { probes } from './probes.ts';
import { modelFolder } from './small-model.ts';

const tolerance = { rtol: 1e-4, atol: 1e-5 };
const rows = [
  [5, 6, 7, 8, 9, 10, 11, 12],
  [13, 14, 15],
];
const batch = collateCausalLM(
  rows.map((ids) => ({ ids })),
  { padTokenId: 0, paddingSide: 'left' },
);

interface Device {
  readonly session: Session;
  readonly model: CausalLM;
}

type Alter = (outputs: readonly CapturedTensor[]) => readonly CapturedTensor[];
const asIs: Alter = (outputs) => outputs;

/** A lane in this process; `alter` is what its kernels do wrong. */
function laneOn(
  role: ShadowLane['role'],
  { session, model }: Device,
  policy: Policy,
  alter = asIs,
): ShadowLane {
  const computation = { model, implementation: 'sdpa' as const, policy: policies[policy] };
  const answering: Answering = { session, model, batch, computation };
  return {
    role,
    async ask(name, ask) {
      await tf.setBackend(session.tfjsName);
      const found = await answer(answering, { kind: 'question', id: 0, name, ask } as Question);
      return (name === 'replay' ? (found as Questions['replay']['answer']).map(alter) : found) as never;
    },
    end: async () => {},
  };
}
type Policy = 'safe' | 'torch-mps-2.8';

/** GPT-2, and what decoders have beside it: RMSNorm, rotary positions, grouped keys, a gated MLP, soft caps. */
const models = {
  gpt2: () => loadCausalLM({ directory: modelFolder }),
  llama: () => smallDecoder('llama'),
  gemma2: () => smallDecoder('gemma2'),
} satisfies Record<string, () => Promise<CausalLM>>;
type ModelName = keyof typeof models;

const smallDecoder = (type: string) =>
  buildCausalLM({
    config: parseConfig(smallConfigs[type]!, type),
    values: async (name, size) =>
      Float32Array.from({ length: size }, (_, i) => 0.4 * Math.sin(1 + 1.7 * i + name.length)),
  });

const sessions = new Map<string, Session>();
const opened = new Map<string, Device>();
async function open(id: string, name: ModelName): Promise<Device> {
  const known = opened.get(`${id} ${name}`);
  if (known) return known;
  const backend = backends().find((one) => one.id === id)!;
  const session = sessions.get(id) ?? (await backend.open());
  sessions.set(id, session);
  await tf.setBackend(session.tfjsName);
  const device = { session, model: await models[name]() };
  opened.set(`${id} ${name}`, device);
  return device;
}
afterAll(async () => {
  for (const { session, model } of opened.values()) {
    await tf.setBackend(session.tfjsName);
    model.dispose();
  }
  for (const session of sessions.values()) await session.dispose();
});

/** Every op of the batch, replayed. */
async function allSteps(
  target: Device,
  reference: Device,
  policy: Policy,
  alter = asIs,
): Promise<ShadowStep[]> {
  const lanes = {
    target: laneOn('target', target, policy, alter),
    reference: laneOn('reference', reference, policy),
  };
  const calls = [...new Set((await lanes.reference.ask('digest', {})).map(({ key }) => callOf(key)))];
  const own = (await lanes.target.ask('capture', { calls })) as CapturedOp[];
  const other = (await lanes.reference.ask('capture', { calls })) as CapturedOp[];
  const steps: ShadowStep[] = [];
  for (const [i, op] of own.entries()) {
    steps.push(await shadowStep(lanes, { ...op, outputs: alter(op.outputs) }, other[i]!, tolerance));
  }
  return steps;
}

/** The largest finite element, off by a thousandth; where there are only zeros and infinities, the first one. */
const wrong: Alter = (outputs) =>
  outputs.map((output) => {
    const values = output.values.slice();
    let at = -1;
    values.forEach((value, i) => {
      if (Number.isFinite(value) && value !== 0 && !(Math.abs(value) <= Math.abs(values[at] ?? 0))) at = i;
    });
    values[Math.max(at, 0)] = at >= 0 ? values[at]! * 1.001 : 1e-3;
    return { ...output, values };
  });

const faults = (steps: readonly ShadowStep[]) =>
  steps.filter(({ judgement }) => judgement !== 'rounding' && judgement !== 'inherited');

for (const { backend, probe } of probes) {
  if (backend.id === 'cpu') continue;
  const why = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`${backend.id} against plain JavaScript${why}`, () => {
    describe.each(Object.keys(models) as ModelName[])('%s', (name) => {
      let pair: [Device, Device];
      beforeAll(async () => {
        pair = [await open(backend.id, name), await open('cpu', name)];
      });

      it.each(['safe', 'torch-mps-2.8'] as const)('no op is at fault under %s', async (policy) => {
        const steps = await allSteps(...pair, policy);
        expect(steps.length).toBeGreaterThan(30);
        expect(faults(steps)).toEqual([]);
      });

      it('a thousandth in one element is a fault of any op', async () => {
        const steps = await allSteps(...pair, 'safe', wrong);
        const missed = steps.filter(({ judgement }) => judgement !== 'own' && judgement !== 'both');
        expect(missed.map(({ key, reason }) => `${key}: ${reason}`)).toEqual([]);
      });
    });
  });
}
