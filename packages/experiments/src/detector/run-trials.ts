/**
 * All trials of the detector on the active backend, one by one, over two small models: a GPT-2, and a decoder of today with grouped
 * queries, rotary positions, RMSNorm and a gated MLP.
 */
import { type Implementation, type PresetName, policies, presetNames } from '@nanscope/attention';
import {
  type BatchTrace,
  type MechanismName,
  type OpRecord,
  openTrace,
  type TraceableSession,
} from '@nanscope/cascade';
import { type CausalLM, uploadBatch } from '@nanscope/model';
import { scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { BATCH, LENGTH, VOCABULARY } from '../cell/cell-batch.ts';
import { tinyLlama, tinyModel } from '../cell/run-cell.ts';
import {
  detect,
  type FaultKind,
  faultKinds,
  isInShare,
  type Target,
  type Targets,
  type Trial,
  targetsOf,
} from './inject.ts';
import { naturalTrials, programs } from './natural.ts';
import { type PaddingSide, type StepBatch, stepBatch, tracedSteps } from './training-step.ts';

// Trials without a fault: the detector must say nothing. Every preset on both padding sides, with the -inf that its
// mask is made of, and whole training steps. A preset that does make a NaN here is no clean run, and is set aside: told
// by reading the numbers back, not by the detector.

const sides: readonly PaddingSide[] = ['left', 'right'];
const implementations: readonly Implementation[] = ['eager', 'sdpa'];

async function evaluation(
  session: TraceableSession,
  model: CausalLM,
  preset: PresetName,
  implementation: Implementation,
  side: PaddingSide,
): Promise<Trial> {
  const { batch, context } = stepBatch(side);
  const policy = policies[preset];
  const shape = [BATCH, LENGTH] as const;
  const trace = openTrace(session, 'full');
  try {
    const hidden = trace.run('forward', () =>
      tf.tidy(() => model.hidden(uploadBatch(model.config, { ...batch, shape }), { implementation, policy })),
    );
    const { losses, predictions } = scoreRows(
      model,
      hidden,
      supervisedRows(batch.labels, shape, VOCABULARY),
      trace.run,
    );
    const [states, values] = await Promise.all([hidden.data(), losses.data()]);
    tf.dispose([hidden, losses, predictions]);
    const collected = await trace.collect();
    const finite = [...states, ...values].every(Number.isFinite);
    const causal = policy.compose !== 'causal-dropped';
    return {
      family: 'clean',
      id: `${preset}, ${implementation}, ${side} padding`,
      ...detect(collected, causal ? context : undefined),
      ...(!finite && { setAside: 'this preset makes a NaN here' }),
    };
  } finally {
    trace.close();
  }
}

async function trainingStep(
  session: TraceableSession,
  model: CausalLM,
  implementation: Implementation,
  side: PaddingSide,
): Promise<Trial> {
  const batch = stepBatch(side);
  const steps = tracedSteps(session, model, batch, implementation);
  try {
    const trace = await steps.step();
    const id = `training step, safe, ${implementation}, ${side} padding`;
    return { family: 'clean', id, ...detect(trace, batch.context) };
  } finally {
    steps.close();
  }
}

/** Clean trials of both models. */
const cleanTrialCount = 2 * sides.length * implementations.length * (presetNames.length + 1);

async function* cleanTrials(session: TraceableSession, { of, model }: Named): AsyncGenerator<Trial> {
  const named = (trial: Trial): Trial => ({ ...trial, id: `${of}${trial.id}` });
  for (const side of sides) {
    for (const implementation of implementations) {
      yield named(await trainingStep(session, model, implementation, side));
      for (const preset of presetNames)
        yield named(await evaluation(session, model, preset, implementation, side));
    }
  }
}

/** Kernels that pick elements: one that none of their inputs holds was read from somewhere else. */
const picking = ['GatherV2', 'Identity', 'Pack', 'Slice', 'Transpose', 'Unpack'];
/** Kernels without an input: the program asked for what they give. */
const constant = ['Fill', 'Range'];

/** The only honest name for a value that was put there by hand: no arithmetic on the inputs makes it. */
function namesFor({ kernel }: OpRecord): readonly MechanismName[] {
  if (constant.includes(kernel)) return ['external input'];
  return picking.includes(kernel) ? ['out-of-range read'] : ['kernel fault'];
}

/** By arithmetic alone: whatever 1e30 does downstream. */
const arithmetic: readonly MechanismName[] = [
  ...(['exp overflow', 'sum overflow', 'matmul overflow', 'overflow', '0 / 0', 'division by 0'] as const),
  ...(['log of 0', 'log of a negative', 'square root of a negative'] as const),
];

const count = ({ health }: OpRecord) => (health ? health.nan + health.posInf + health.negInf : 0);

/**
 * The truth for a finite fault, told by the clean step, which the detector does not have: of the records that hold more
 * non-finite values than the same one of the clean step, the first that no other leads to and that leads to a result;
 * if none does, the first.
 */
function firstBeyond(clean: BatchTrace, { records }: BatchTrace): OpRecord | undefined {
  const before = new Map(clean.records.map((record) => [record.key, count(record)]));
  const beyond = records.map((record) => count(record) > (before.get(record.key) ?? 0));
  const used = new Set<number>();
  const lives = new Set<number>();
  const led = records.map(({ inputs }) => inputs.some((ref) => 'record' in ref && beyond[ref.record]));
  for (let i = records.length - 1; i >= 0; i--) {
    if (beyond[i] && !used.has(i)) lives.add(i);
    for (const ref of records[i]!.inputs) {
      if (!('record' in ref)) continue;
      used.add(ref.record);
      if (lives.has(i) && beyond[ref.record]) lives.add(ref.record);
    }
  }
  const roots = records.flatMap((_, i) => (beyond[i] && !led[i] ? [i] : []));
  const root = roots.find((i) => lives.has(i)) ?? roots[0];
  return root === undefined ? undefined : records[root];
}

/** Trials with an injected fault: every kind at every place of a training step, and what the detector has to say of each. */
function injectedTrial(
  target: Target,
  kind: FaultKind,
  clean: BatchTrace,
  trace: BatchTrace,
  { context }: StepBatch,
): Trial {
  const { key, phase } = target.record;
  const trial = {
    family: 'injected',
    id: `${kind} at ${key}`,
    kind,
    phase,
    ...detect(trace, context),
  } as const;
  if (kind !== '1e30') return { ...trial, expected: { key, mechanisms: namesFor(target.record) } };
  const born = firstBeyond(clean, trace);
  if (!born) return { ...trial, setAside: 'nothing overflowed' };
  // A count of keys was changed, so that more cells hold the mask's own -inf: another mask, and no overflow.
  if (born.key.startsWith('forward/mask/')) return { ...trial, setAside: 'it made another mask' };
  return { ...trial, expected: { key: born.key, mechanisms: arithmetic } };
}

/** A model, and what the names of its trials begin with. */
interface Named {
  readonly of: string;
  readonly model: CausalLM;
}

/** The faults of one model that are in the share, and the step without any. */
interface Injections extends Named {
  readonly clean: BatchTrace;
  readonly targets: Targets;
  readonly injectable: number;
  readonly chosen: readonly { readonly target: Target; readonly kind: FaultKind }[];
}

async function injectionsOf(
  session: TraceableSession,
  { of, model }: Named,
  batch: StepBatch,
  share: number,
): Promise<Injections> {
  const steps = tracedSteps(session, model, batch, 'sdpa');
  try {
    const clean = await steps.step();
    const targets = targetsOf(clean);
    const all = targets.targets.flatMap((target) => faultKinds.map((kind) => ({ target, kind })));
    const chosen = all.filter(({ target, kind }) => isInShare(`${of}${kind} at ${target.record.key}`, share));
    return { of, model, clean, targets, injectable: all.length, chosen };
  } finally {
    steps.close();
  }
}

async function* injectedTrials(
  session: TraceableSession,
  { of, model, clean, chosen }: Injections,
  batch: StepBatch,
): AsyncGenerator<Trial> {
  const steps = tracedSteps(session, model, batch, 'sdpa');
  try {
    for (const { target, kind } of chosen) {
      const trial = injectedTrial(target, kind, clean, await steps.step(target, kind), batch);
      yield { ...trial, id: `${of}${trial.id}` };
    }
  } finally {
    steps.close();
  }
}

/** How many there are, before the first is run. */
export interface TrialPlan extends Pick<Targets, 'aliases' | 'integers'> {
  /** Faults that could be injected, all kinds together. */
  readonly injectable: number;
  /** How many of them are in the share. */
  readonly injected: number;
  /** Trials of all families. */
  readonly trials: number;
}

/**
 * @param share of the faults that are injected, 0 to 1, drawn by a hash of their names: the same on every backend
 * @param onPlan called once, before the first trial
 */
export async function* detectorTrials(
  session: TraceableSession,
  share: number,
  onPlan: (plan: TrialPlan) => void,
): AsyncGenerator<Trial> {
  const batch = stepBatch('left');
  const models: Named[] = [];
  try {
    models.push({ of: '', model: await tinyModel(1) });
    models.push({ of: 'llama: ', model: await tinyLlama() });
    const plans: Injections[] = [];
    for (const named of models) plans.push(await injectionsOf(session, named, batch, share));
    const sum = (count: (one: Injections) => number) => plans.reduce((total, one) => total + count(one), 0);
    const injected = sum(({ chosen }) => chosen.length);
    onPlan({
      injectable: sum(({ injectable }) => injectable),
      injected,
      trials: injected + programs.length + cleanTrialCount,
      aliases: sum(({ targets }) => targets.aliases),
      integers: sum(({ targets }) => targets.integers),
    });
    for (const plan of plans) yield* injectedTrials(session, plan, batch);
    yield* naturalTrials(session);
    for (const named of models) yield* cleanTrials(session, named);
  } finally {
    for (const { model } of models) model.dispose();
  }
}
