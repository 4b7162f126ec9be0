/**
 * Trials without a fault: the detector must say nothing. Every preset on both padding sides, with the -inf that its
 * mask is made of, and whole training steps. A preset that does make a NaN here is no clean run, and is set aside: told
 * by reading the numbers back, not by the detector.
 */
import { type Implementation, type PresetName, policies, presetNames } from '@nanscope/attention';
import { openTrace, type TraceableSession } from '@nanscope/cascade';
import { type CausalLM, uploadBatch } from '@nanscope/model';
import { scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { BATCH, LENGTH, VOCABULARY } from '../cell/cell-batch.ts';
import { type PaddingSide, stepBatch, tracedSteps } from './training-step.ts';
import { detect, type Trial } from './trial.ts';

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

export const cleanTrialCount = sides.length * implementations.length * (presetNames.length + 1);

export async function* cleanTrials(session: TraceableSession, model: CausalLM): AsyncGenerator<Trial> {
  for (const side of sides) {
    for (const implementation of implementations) {
      yield await trainingStep(session, model, implementation, side);
      for (const preset of presetNames) yield await evaluation(session, model, preset, implementation, side);
    }
  }
}
