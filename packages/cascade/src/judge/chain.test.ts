/** From the NaN back to the infinity that it was: the chain an origin tells. */
import { describe, expect, it } from 'vitest';
import { finite, type Line, traceOf, withInf, withNaN } from '../testing/records.ts';
import type { Health } from '../types.ts';
import { contextOf } from './context.ts';
import { findOrigin } from './origin.ts';

const measured = (amax: number, zero = 0): Health => ({
  ...finite(),
  amax,
  min: 0,
  zero,
  subnormal: 0,
  mean: 0,
});
const x = measured(1000);

describe('the chain', () => {
  it('names the step at which the infinity became NaN, through any number of ops', () => {
    const trace = traceOf(
      [
        { kernel: 'Exp', in: ['x'], out: withInf(1, 0) },
        { kernel: 'Relu', in: [0], out: withInf(1, 0) },
        { kernel: 'Multiply', in: [1, 'mask'], out: withNaN(1, 4, 2), shape: [2, 2] },
        { kernel: 'Sum', in: [2], out: withNaN() },
      ],
      { x, mask: measured(1, 2) },
    );
    expect(findOrigin(trace)).toMatchObject({
      key: 'forward/Exp#0:0',
      kind: 'Inf',
      mechanism: { name: 'exp overflow' },
      becameNaN: {
        key: 'forward/Multiply#0:0',
        coordinates: [1, 0],
        mechanism: { name: '0 * inf' },
      },
    });
  });

  it("tells of no step when the infinity stays one, or when the NaN is another infinity's", () => {
    const lines: Line[] = [
      { kernel: 'Exp', in: ['x'], out: withInf(1, 0) },
      { kernel: 'Relu', in: [0], out: withInf(1, 0) },
    ];
    expect(findOrigin(traceOf(lines, { x }))).not.toHaveProperty('becameNaN');
    const other: Line[] = [
      { kernel: 'Exp', in: ['x'], out: withInf(1, 0) },
      { kernel: 'Sub', in: [2, 2], out: withNaN() },
    ];
    const trace = traceOf([...lines, ...other], { x });
    expect(findOrigin(trace)).toMatchObject({ record: 0 });
    expect(findOrigin(trace)).not.toHaveProperty('becameNaN');
  });

  it("does not blame the mask's -inf: the NaN of a fully masked row is born where it stands", () => {
    const path = 'transformer.h.0/attn/probs';
    const trace = traceOf([
      { kernel: 'Fill', path: 'mask', in: [], out: withInf(0, 6, 8), shape: [1, 2, 2, 2] },
      { kernel: 'Softmax', path, in: [0], out: withNaN(4, 8, 0), shape: [1, 2, 2, 2] },
    ]);
    const origin = findOrigin(trace, contextOf([[0, 1]], true));
    expect(origin).toMatchObject({ record: 1, kind: 'NaN', mechanism: { name: 'fully masked row' } });
    expect(origin).not.toHaveProperty('becameNaN');
  });

  it('goes on behind a zero that an infinity ended in, and only such a zero', () => {
    const through = (kernel: string, out = measured(1, 1)): Line[] => [
      { kernel: 'Max', in: ['x'], out: withInf(1, 0) },
      { kernel, in: [0], out },
      { kernel: 'Sum', in: [1], out: measured(1, 1) },
      { kernel: 'RealDiv', in: [1, 2], out: withNaN() },
    ];
    expect(findOrigin(traceOf(through('Exp'), { x }))).toMatchObject({
      key: 'forward/Max#0:0',
      becameNaN: { key: 'forward/RealDiv#0:0', mechanism: { name: '0 / 0' } },
      survives: true,
    });
    // A select puts another value in its place: nothing of the infinity is in it.
    const replaced = findOrigin(traceOf(through('Select'), { x }));
    expect(replaced).toMatchObject({ key: 'forward/RealDiv#0:0', mechanism: { name: '0 / 0' } });
  });
});
