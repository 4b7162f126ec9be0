import type { LaneRecord, SampleLine } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { lane, metrics } from '../../../../test/fixtures/records/lanes.ts';
import { compareLanes } from './compare-lanes.ts';

const rowsOf = (count: number, loss: (row: number) => number): SampleLine[] =>
  Array.from({ length: count }, (_, row) => ({
    ...{ row, tokens: 3, first: 0, positions: [1, 2], labels: [row, row + 1] },
    ...{ losses: [loss(row), loss(row)], answers: [row, row] },
  }));

const side = (record: LaneRecord, samples: readonly SampleLine[]) => ({
  record,
  async *samples() {
    yield* samples;
  },
  traces: async () => new Map(),
});

const compare = (target: ReturnType<typeof side>, reference: ReturnType<typeof side>) =>
  compareLanes(
    { ...target, samples: () => target.samples() },
    { ...reference, samples: () => reference.samples() },
    { rtol: 1e-4, atol: 1e-5 },
    String,
  );

describe('metrics of two lanes', () => {
  const loss = (row: number) => 2 + row;
  const whole = side(lane({ metrics: metrics({ loss: 4.5, rows: 6, batches: 6 }) }), rowsOf(6, loss));

  it('are over the rows that both have where one was stopped', async () => {
    const stopped = lane({ status: 'interrupted', metrics: metrics({ loss: 2.5, rows: 2, batches: 2 }) });
    const result = await compare(side(stopped, rowsOf(2, loss)), whole);
    expect(result.metricsOver).toBe(4);
    expect(result.metrics.find(({ name }) => name === 'loss')).toMatchObject({
      ...{ target: 2.5, reference: 2.5, pass: true },
    });
    expect(result.metrics.map(({ name }) => name)).not.toContain('tokens');
  });

  it('are over what a lane measured before it failed, though it wrote no metrics', async () => {
    const { metrics: _, ...failed } = lane({ status: 'failed' });
    const result = await compare(side(failed, rowsOf(1, loss)), whole);
    expect(result).toMatchObject({ metricsOver: 2 });
  });

  it('are not compared where no label is on both sides', async () => {
    const other = rowsOf(6, loss).map((line) => ({ ...line, labels: [90, 91] }));
    expect((await compare(side(whole.record, other), whole)).metrics).toEqual([]);
  });

  it('are those of the lanes where both have every row', async () => {
    const result = await compare(whole, whole);
    expect(result.metricsOver).toBeUndefined();
    expect(result.metrics.map(({ name }) => name)).toContain('tokens');
  });
});
