/** Small complete records of training runs for tests. Figures are invented; none is a measurement. */
import type { TrainComparisonRecord, TrainingRecord, TrainLaneRecord } from '@nanscope/report';
import { comparison, lane } from './records.ts';

export function training(changes: Partial<TrainingRecord> = {}): TrainingRecord {
  return {
    steps: 20,
    totalSteps: 20,
    epochs: 1,
    tokens: 4000,
    seconds: 10,
    tokensPerSecond: 400,
    skipped: 0,
    loss: 2.1,
    gradNorm: 0.5,
    curve: [],
    validation: [{ step: 20, loss: 2.2, accuracy: 0.3, tokens: 400 }],
    best: { step: 20, loss: 2.2 },
    end: 'steps',
    checkpoints: [{ step: 20, folder: 'step-00000020', best: true }],
    nonFinite: [],
    nonFiniteCut: 0,
    ...changes,
  };
}

export function trainLane(
  own: Partial<TrainingRecord> = {},
  changes: Partial<TrainLaneRecord> = {},
): TrainLaneRecord {
  const { data: _, metrics: __, ...head } = lane();
  return {
    ...head,
    kind: 'train-lane',
    data: {
      source: 'built-in text',
      tokenizer: 'bytes',
      rows: 'pack',
      training: 90,
      validation: 10,
      trainingTokens: 9000,
      validationTokens: 1000,
      split: 'the last 10 % of the rows',
    },
    training: training(own),
    ...changes,
  } as TrainLaneRecord;
}

export function trainComparison(changes: Partial<TrainComparisonRecord> = {}): TrainComparisonRecord {
  const { rtol, atol, configuration, environment, ops, cascade } = comparison();
  return {
    rtol,
    atol,
    configuration,
    environment,
    ops,
    cascade,
    steps: { compared: 20, onlyTarget: 0, onlyReference: 0 },
    quantities: [],
    ...changes,
  };
}
