/** One training step of the tiny model, traced: forward, loss, backward and the AdamW update, from the same weights every time. */
import { type Implementation, policies } from '@nanscope/attention';
import {
  type BatchContext,
  type BatchTrace,
  contextOf,
  namesOf,
  openTrace,
  type TraceableSession,
} from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import type { CausalLM } from '@nanscope/model';
import { AdamW, gradientNorm, gradientScale, lossAndGradients, uploadTrainingBatch } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { plainCell } from '../cell/cell.ts';
import { BATCH, cellBatch, LENGTH } from '../cell/cell-batch.ts';
import { type FaultKind, injector, type Target } from './inject.ts';

export type PaddingSide = 'left' | 'right';

export interface StepBatch {
  readonly batch: CausalLMBatch;
  readonly context: BatchContext;
}

/** Two rows of eight positions; the first has three pads on this side. */
export function stepBatch(paddingSide: PaddingSide): StepBatch {
  const { batch } = cellBatch({ ...plainCell, device: '', 'padding-side': paddingSide });
  const rows = Array.from({ length: BATCH }, (_, row) =>
    Array.from(batch.attentionMask.subarray(row * LENGTH, (row + 1) * LENGTH)),
  );
  return { batch, context: contextOf(rows, true) };
}

const LEARNING_RATE = 1e-3;
const CLIP = 1;

export interface TracedSteps {
  /** Runs a step; with a target, the fault is injected there. */
  step(target?: Target, kind?: FaultKind): Promise<BatchTrace>;
  close(): void;
}

/** @param model its weights are as before after every step */
export function tracedSteps(
  session: TraceableSession,
  model: CausalLM,
  { batch }: StepBatch,
  implementation: Implementation,
): TracedSteps {
  const { alter, arm } = injector();
  const trace = openTrace(session, 'full', { nameOf: namesOf(model.parameters), alter });
  const onDevice = uploadTrainingBatch(model.config, { ...batch, shape: [BATCH, LENGTH] });
  const parameters = Object.entries(model.parameters);
  const saved = new Map(parameters.map(([name, parameter]) => [name, tf.keep(tf.clone(parameter))]));
  return {
    async step(target, kind) {
      const optimizer = new AdamW(model.parameters);
      arm(target, kind);
      try {
        tf.tidy(() => {
          const { gradients, tokens } = lossAndGradients(model, onDevice, {
            implementation,
            policy: policies.safe,
            phase: (phase, work) => trace.run(phase, work),
          });
          trace.run('optimizer', () => {
            const scale = gradientScale(gradientNorm(gradients, tokens), tokens, CLIP);
            optimizer.step(gradients, LEARNING_RATE, scale);
          });
        });
        return await trace.collect();
      } finally {
        optimizer.dispose();
        for (const [name, parameter] of parameters) parameter.assign(saved.get(name)!);
      }
    },
    close() {
      trace.close();
      tf.dispose([...saved.values(), { ...onDevice }]);
    },
  };
}
