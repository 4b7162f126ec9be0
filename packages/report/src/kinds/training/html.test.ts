import {
  type TrainingRecord,
  type TrainLaneRecord,
  type TrainResultRecord,
  trainResultSchema,
} from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { bothNaN, referenceLane, targetLane } from '../../fixtures.ts';
import { renderTraining } from './html.ts';

const training: TrainingRecord = {
  steps: 3,
  totalSteps: 4,
  epochs: 0.5,
  tokens: 372,
  seconds: 0.6,
  tokensPerSecond: 620,
  skipped: 0,
  loss: 5.15,
  gradNorm: 'NaN',
  curve: [5.53, 5.29, 5.15].map((loss, at) => ({ step: at + 1, loss })),
  validation: [{ step: 2, loss: 5.4, accuracy: 0.1, tokens: 800 }],
  best: { step: 2, loss: 5.4 },
  end: 'non-finite',
  checkpoints: [{ step: 3, folder: 'step-00000003', best: false }],
  nonFinite: [
    {
      step: 4,
      loss: 5.15,
      gradNorm: 'NaN',
      action: 'stop',
      reason: 'the loss is 5.15 but the gradient norm is NaN',
      weightsFinite: true,
      replayed: true,
    },
  ],
  nonFiniteCut: 0,
};

function trainLane(lane: ReturnType<typeof targetLane>): TrainLaneRecord {
  const { metrics: _, leak: __, data: ___, policyEffect: ____, ...head } = lane;
  return {
    ...head,
    kind: 'train-lane',
    config: { optimizer: 'adamw', 'learning-rate': 0.001, dropout: 0, clip: 1 },
    data: {
      source: 'markov corpus',
      tokenizer: 'bytes',
      rows: 'pack',
      training: 90,
      validation: 10,
      trainingTokens: 9000,
      validationTokens: 1000,
      split: 'the last 10 % of the rows',
      entropyRate: 0.45,
      bestLoss: 0.5,
    },
    training,
    ...(bothNaN.target!.cascade && { cascade: bothNaN.target!.cascade }),
  };
}

const stopped: TrainResultRecord = {
  schemaVersion: 1,
  kind: 'train',
  command: 'nanscope train --device gpu',
  folder: 'runs/a',
  target: trainLane(targetLane()),
  verdict: { code: 'stopped-non-finite', exitCode: 1, sentence: 'Stopped at step 4.', next: 'Look above.' },
};

const text = (result: TrainResultRecord, width = 100) => renderTraining(result, { width, color: false });

describe('the report of a training run', () => {
  it('is a valid record, and fits every width without a blank at a line end', () => {
    expect(trainResultSchema.safeParse(stopped).success).toBe(true);
    for (const width of [40, 80, 120]) {
      for (const line of text(stopped, width).split('\n')) {
        expect([...line].length).toBeLessThanOrEqual(width);
        expect(line).toBe(line.trimEnd());
      }
    }
  });

  it('tells what was trained, how far it came, what was not finite, and where that was born', () => {
    const page = text(stopped).replace(/\s+/g, ' ');
    for (const words of [
      'markov corpus: 90 blocks of 9,000 tokens, 10 for validation; the last 10 % of the rows',
      'recipe optimizer adamw, learning-rate 0.001, clip 1',
      '3 of 4, 0.50 epochs, 372 tokens in 0.6 s, 620 tokens/s',
      'validation 5.40000 after step 2, over 800 tokens',
      '0.450000 nats per byte is the entropy rate of the corpus (now 1100.00 % above)',
      'step 4: the loss is 5.15 but the gradient norm is NaN; stopped before the update',
      'Stopped: a step is not finite',
      'in step ',
    ])
      expect(page).toContain(words);
    expect(page).not.toContain('of the data');
  });

  it('of two lanes draws one curve where they agree and both where they do not', () => {
    const quantity = { name: 'loss' as const, compared: 3, requiredRtol: 1e-6 };
    const comparison = {
      rtol: 1e-4,
      atol: 1e-5,
      configuration: [],
      environment: [],
      ops: { aligned: 9, onlyTarget: 0, onlyReference: 0, divergent: 0 },
      cascade: [],
      steps: { compared: 3, onlyTarget: 0, onlyReference: 1 },
      quantities: [quantity],
    };
    const two = { ...stopped, reference: trainLane(referenceLane()), comparison };
    const charts = (result: TrainResultRecord) => text(result).split('training loss   ').length - 1;
    expect(charts(two)).toBe(1);
    expect(text(two)).toContain('✓ loss: 3 steps agree, rtol needed 1.0e-6');
    expect(text(two)).toContain('1 step on one side only');
    const apart = { ...quantity, firstBeyond: { step: 2, reference: 5.29, target: 5.3 } };
    const parted = { ...two, comparison: { ...comparison, quantities: [apart] } };
    expect(charts(parted)).toBe(2);
    expect(text(parted)).toContain(
      'beyond the tolerance first at step 2: 5.3000000 on the target, 5.2900000',
    );
  });
});
