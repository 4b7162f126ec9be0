import { describe, expect, it } from 'vitest';
import { answerable, classifyLogits } from './steps.ts';

const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];

describe('logits', () => {
  it.each<[number[], boolean, Partial<ReturnType<typeof classifyLogits>>]>([
    [[1, 2, 3], true, { nan: 0, posInf: 0, negInf: 0 }],
    [[1, -inf, 3], true, { negInf: 1 }],
    [[1, nan, 3], false, { nan: 1 }],
    [[nan, nan, inf], false, { nan: 2, posInf: 1 }],
    [[1, inf, -inf], false, { posInf: 1, negInf: 1 }],
    [[-inf, -inf], false, { size: 2, negInf: 2 }],
  ])('%o name a token: %s', (logits, expected, classes) => {
    expect(classifyLogits(Float32Array.from(logits))).toMatchObject(classes);
    expect(answerable(classifyLogits(logits))).toBe(expected);
  });
});
