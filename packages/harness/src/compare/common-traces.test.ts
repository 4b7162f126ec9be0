import type { BatchTrace, OpRecord } from '@nanscope/cascade';
import type { CascadeRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { compareTorchCascades } from './compare-cascades.ts';

/** Records of attention: `kernel nan` each, of eight elements. */
const trace = (kernels: readonly string[], changes: Partial<BatchTrace> = {}): BatchTrace => ({
  ...{ batch: 0, level: 'health', source: { backend: 'torch-cpu', strictNumerics: true, method: 'bits' } },
  ...{ externals: {}, bytesRead: 0 },
  records: kernels.map((each): OpRecord => {
    const [kernel, nan = '0'] = each.split(' ') as [string, string?];
    const key = `forward/h.0/attn/${kernel}#0:0`;
    const counts = { size: 8, nan: Number(nan), posInf: 0, negInf: 0 };
    const health = { ...counts, ...(counts.nan > 0 && { firstNaN: 0 }) };
    return {
      ...{ key, kernel, phase: 'forward', path: 'h.0/attn', call: 0, output: 0 },
      ...{ shape: [2, 4], dtype: 'float32', inputs: [], health },
    };
  }),
  ...changes,
});
const cascade: CascadeRecord = {
  ...{ level: 'health', ops: 3, batchesTraced: 1, events: [], eventsCut: 0, spread: [], kills: [] },
  observer: 'unchanged',
};
const compare = (target: readonly BatchTrace[], reference: readonly BatchTrace[]) => {
  const byBatch = (traces: readonly BatchTrace[]) => new Map(traces.map((each) => [each.batch, each]));
  const lane = { cascade };
  return compareTorchCascades(lane, lane, byBatch(target), byBatch(reference)).ops;
};

describe('compareTorchCascades', () => {
  it('kernels of one work are held against each other', () => {
    const [own, other] = [trace(['addmm', 'tanh 3']), trace(['linear', 'tanh'])];
    expect(compare([own], [other])).toMatchObject({
      ...{ aligned: 2, onlyTarget: 0, onlyReference: 0, divergent: 1 },
      firstDivergence: 'forward/h.0/attn/tanh#0:0',
    });
  });

  it('an op that the other lane does not have differs from nothing, in a trace without clean ops as well', () => {
    const [own, other] = [trace(['addmm', 'where.self']), trace(['linear'])];
    const later = trace(['where.self 4'], { batch: 1, partial: true });
    const found = compare([own, later], [other, trace([], { batch: 1, partial: true })]);
    expect(found).toMatchObject({ aligned: 1, onlyTarget: 1, divergent: 0 });
  });

  it('and one that it has was clean where its trace of a later batch has left it out', () => {
    const first = trace(['addmm', 'tanh']);
    const later = trace(['tanh 4'], { batch: 1, partial: true });
    const found = compare([first, later], [first, trace([], { batch: 1, partial: true })]);
    expect(found).toMatchObject({ divergent: 1, batch: 1 });
  });
});
