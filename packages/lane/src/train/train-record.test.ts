import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Curve } from './curve.ts';
import { keepLines, stepLine } from './train-record.ts';

const base = mkdtempSync(join(tmpdir(), 'nanscope-lines-'));
afterAll(() => rmSync(base, { recursive: true }));

describe('the lines of a run that goes on', () => {
  it('are those up to its checkpoint, without a torn end, and stay so in the file', () => {
    const path = join(base, 'metrics.jsonl');
    writeFileSync(path, '{"step":1,"loss":2}\n{"step":2,"loss":"NaN"}\n{"step":3,"loss":1}\n{"step":4,"lo');
    expect(keepLines(base, base, 'metrics.jsonl', 2)).toEqual([
      { step: 1, loss: 2 },
      { step: 2, loss: 'NaN' },
    ]);
    expect(readFileSync(path, 'utf8')).toBe('{"step":1,"loss":2}\n{"step":2,"loss":"NaN"}\n');
  });

  it('are none where there is no file', () => {
    expect(keepLines(base, base, 'validation.jsonl', 2)).toEqual([]);
  });
});

it('a step keeps its NaN as a string', () => {
  const report = {
    step: 1,
    epoch: 0.1,
    loss: Number.NaN,
    gradNorm: Number.POSITIVE_INFINITY,
    learningRate: 1,
  };
  const rest = { tokens: 1, seconds: 1, tokensPerSecond: 1, bytes: 1, action: 'stop' as const };
  expect(stepLine({ ...report, ...rest })).toMatchObject({
    loss: 'NaN',
    gradNorm: 'Infinity',
    action: 'stop',
  });
});

describe('the curve', () => {
  it('has every step of a short run', () => {
    const curve = new Curve(3);
    for (const step of [1, 2, 3]) curve.add(step, step);
    expect(curve.points()).toEqual([1, 2, 3].map((step) => ({ step, loss: step })));
  });

  it('is means of equal stretches in a long one, and a NaN is not averaged away', () => {
    const curve = new Curve(480);
    for (let step = 1; step <= 480; step++) curve.add(step, step === 7 ? Number.NaN : step);
    const points = curve.points();
    expect(points).toHaveLength(240);
    expect(points.slice(0, 4)).toEqual([
      { step: 2, loss: 1.5 },
      { step: 4, loss: 3.5 },
      { step: 6, loss: 5.5 },
      { step: 8, loss: 'NaN' },
    ]);
  });
});
