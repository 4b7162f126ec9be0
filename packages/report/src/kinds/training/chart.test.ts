import { describe, expect, it } from 'vitest';
import { paint } from '../../text/line.ts';
import { type ChartData, chartLines } from './chart.ts';

const draw = (data: ChartData, unicode = true, width = 52) =>
  paint(chartLines(data, { width, height: 5, unicode }), width, false);

const falling: ChartData = {
  curve: [1, 2, 3, 4].map((step) => ({ step, loss: 5 - step })),
  validation: [{ step: 4, loss: 1.2 }],
  floor: 0.5,
  totalSteps: 4,
};

describe('the loss curve', () => {
  it('falls from left to right, with its floor below and the validation loss on it', () => {
    expect(draw(falling, false)).toMatchInlineSnapshot(`
      "    4.000 | *....
                |      .....*...
                |               ......*.
                |                       ........o
          0.500 | ----------------------------------------
                + 1                                 step 4
      "
    `);
    const widest = Math.max(
      ...draw(falling)
        .split('\n')
        .map((line) => line.length),
    );
    expect(widest).toBeLessThanOrEqual(52);
  });

  it('shows a value that is not finite in a row of its own, and joins nothing over it', () => {
    const data: ChartData = {
      ...falling,
      curve: [
        { step: 1, loss: 4 },
        { step: 2, loss: 'NaN' },
        { step: 3, loss: 2 },
      ],
    };
    const lines = draw(data, false).split('\n');
    const broken = lines.find((line) => line.startsWith(' NaN, Inf'))!;
    expect(broken.indexOf('N', 12)).toBe(22);
    expect(lines.join('\n')).not.toMatch(/\*\./);
  });

  it('is nothing where fewer than two values are finite', () => {
    const lines = (...losses: (number | 'NaN')[]) =>
      chartLines(
        { curve: losses.map((loss, i) => ({ step: i + 1, loss })), validation: [], totalSteps: 3 },
        { width: 60, height: 5, unicode: true },
      );
    expect(lines('NaN')).toEqual([]);
    expect(lines(5.529, 'NaN')).toEqual([]);
    expect(lines(5.529, 'NaN', 5.1)).not.toEqual([]);
  });

  it('stands still where all losses are equal', () => {
    const flat = { curve: [1, 2].map((step) => ({ step, loss: 2 })), validation: [], totalSteps: 2 };
    expect(draw(flat, false).split('\n')[0]).toContain('2.000 | *');
  });
});
