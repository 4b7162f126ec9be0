/** Small complete records for tests of comparison and verdict. Figures are invented; none is a measurement. */
import type { ComparisonRecord, LaneRecord, MetricsRecord } from '@nanscope/report';

export function metrics(changes: Partial<MetricsRecord> = {}): MetricsRecord {
  return {
    loss: 5.5,
    perplexity: 244.7,
    accuracy: 0.02,
    tokens: 40,
    unanswerable: 0,
    rows: 2,
    batches: 1,
    seconds: 1,
    tokensPerSecond: 42,
    nonFinite: { nan: 0, posInf: 0, negInf: 0 },
    ...changes,
  };
}

export const nanMetrics = metrics({
  loss: 'NaN',
  perplexity: 'NaN',
  nonFinite: { nan: 9, posInf: 0, negInf: 0 },
});

export function lane(changes: Partial<LaneRecord> = {}): LaneRecord {
  return {
    schemaVersion: 1,
    kind: 'lane',
    role: 'target',
    status: 'complete',
    startedAt: '2026-02-03T10:00:00.000Z',
    config: { model: 'tiny', device: 'gpu', 'batch-size': 4 },
    policy: { name: 'safe', fill: 'select -inf', compose: 'and', rowGuard: 'zeros', computeDtype: 'f32' },
    decision: {
      requested: 'gpu',
      backend: 'webgpu',
      software: false,
      attention: 'sdpa',
      rules: [],
      warnings: [],
      label: 'webgpu',
    },
    environment: {
      nanscope: '0.1.0',
      node: '20.20.2',
      os: 'linux',
      osVersion: '6',
      arch: 'x64',
      cpu: 'x',
      cores: 2,
      backendVersion: '1',
    },
    kernelNotes: [],
    model: { name: 'tiny', parameters: 1, layers: 2, heads: 4, width: 64, vocabulary: 258, positions: 256 },
    data: { source: 'built-in text', rows: 2, truncated: 0 },
    metrics: metrics(),
    ...changes,
  };
}

export function comparison(changes: Partial<ComparisonRecord> = {}): ComparisonRecord {
  return {
    rtol: 1e-4,
    atol: 1e-5,
    configuration: [],
    environment: [],
    metrics: [],
    labels: { compared: 40, unpaired: 0, differing: [], differingCut: 0, requiredRtol: 0 },
    ops: { aligned: 80, onlyTarget: 0, onlyReference: 0, divergent: 0 },
    cascade: [],
    ...changes,
  };
}
