/** Verdicts follow the evidence: each is moved by evidence that says otherwise. */
import { describe, expect, it } from 'vitest';
import { type Cell, cellId, type Observation } from '../cell/cell.ts';
import { predict } from '../cell/predict.ts';
import type { KernelFacts } from './claim.ts';
import { claimCells, type DeviceObservations, judgeClaims } from './index.ts';

const facts: KernelFacts = {
  rows: [
    { keys: 0, sum: 0, softmax: 'NaN' },
    { keys: 1, sum: 0.6, softmax: 'finite' },
    { keys: 2, sum: 0.8, softmax: 'finite' },
  ],
  expOfMinusInfinity: 0,
  mask: { cells: 72, differing: 0, future: 0 },
  maskAndCausal: { eager: 'AND', sdpa: 'AND' },
};

/** What a device shows that does what the oracle predicts; losses stand in for real ones. */
function device(
  label: string,
  gpu: boolean,
  change: (seen: Observation, cell: Cell) => Partial<Observation> = () => ({}),
) {
  const cells = claimCells(label).map((cell) => {
    const outcome = predict(cell);
    const seen: Observation = {
      ...outcome,
      lossValue:
        outcome.loss === 'NaN'
          ? Number.NaN
          : cell.labels === 'clm'
            ? 3 + cell.fill.length + cell.compose.length
            : 2,
      rowLosses: [outcome.loss === 'NaN' ? Number.NaN : 3, 3],
      leaks: outcome.leak === 'none' ? [] : [[0, 2]],
      nanGradients: outcome.gradients === 'NaN' ? 16 : 0,
      parameters: 16,
      originKey: '',
    };
    return [cellId(cell), { ...seen, ...change(seen, cell) }] as const;
  });
  return { device: label, label, gpu, cells: new Map(cells), facts } satisfies DeviceObservations;
}

const verdicts = (...devices: DeviceObservations[]) =>
  Object.fromEntries(judgeClaims(devices).map(({ number, verdict }) => [number, verdict]));

describe('the fourteen claims', () => {
  it('are decided as the mechanism says, on a GPU and a CPU that show it', () => {
    expect(verdicts(device('wasm', false), device('gpu', true))).toEqual({
      1: 'holds',
      2: 'does not hold',
      3: 'does not hold',
      4: 'does not hold',
      5: 'partly',
      6: 'partly',
      7: 'does not hold',
      8: 'does not hold',
      9: 'does not hold',
      10: 'holds',
      11: 'does not hold',
      12: 'holds',
      13: 'partly',
      14: 'partly',
    });
  });

  it('tell what every device showed', () => {
    for (const { observed } of judgeClaims([device('wasm', false), device('gpu', true)]))
      expect(observed.map(({ device: name }) => name)).toEqual(['wasm', 'gpu']);
  });

  it('a CPU that does not fail makes claim 9 hold, and no CPU leaves it open', () => {
    const finite = device('wasm', false, () => ({ loss: 'finite' }));
    expect(verdicts(finite)[9]).toBe('holds');
    expect(verdicts(device('gpu', true))[9]).toBe('cannot be decided here');
  });

  it('a device on which nothing is NaN refutes claims 1 and 12, and two that differ make claim 1 partly true', () => {
    const finite = device('gpu', true, () => ({ loss: 'finite', gradients: 'finite' }));
    expect(verdicts(finite)).toMatchObject({ 1: 'does not hold', 12: 'does not hold' });
    expect(verdicts(device('wasm', false), finite)[1]).toBe('partly');
  });

  it('a mask that is not tril AND padding changes claims 2 and 3', () => {
    const other = {
      ...device('wasm', false),
      facts: { ...facts, mask: { cells: 72, differing: 9, future: 9 } },
    };
    expect(verdicts(other)).toMatchObject({ 2: 'holds', 3: 'holds' });
  });

  it('an sdpa that leaks makes claim 4 hold, exp(-inf) that is not 0 claim 7, an origin that stays claim 11', () => {
    const leaking = device('wasm', false, (_seen, cell) =>
      cell.attn === 'sdpa' ? { leak: 'labelled' } : {},
    );
    expect(verdicts(leaking)[4]).toBe('holds');
    expect(verdicts({ ...device('wasm', false), facts: { ...facts, expOfMinusInfinity: 1e-38 } })[7]).toBe(
      'holds',
    );
    const dull = device('wasm', false);
    expect(
      verdicts({
        ...dull,
        facts: { ...facts, maskAndCausal: { eager: 'AND', sdpa: 'causality ignored' } },
      })[5],
    ).toBe('does not hold');
    const still = device('wasm', false, () => ({ origin: 'fully masked row at [0,0,0]' }));
    expect(verdicts(still)[11]).toBe('holds');
  });
});

/** Evidence that a fault of ours would give must not pass as a verdict about the report. */
describe('an experiment that does not work decides nothing', () => {
  const undecided = (...devices: DeviceObservations[]) =>
    judgeClaims(devices).flatMap(({ number, verdict }) =>
      verdict === 'cannot be decided here' ? [number] : [],
    );

  it('where every NaN is swallowed', () => {
    const swallowed = device('wasm', false, ({ gradients, layers }) => ({
      ...{ loss: 'finite', lossValue: 3, rowLosses: [3, 3], nanMap: 'none', origin: 'none', nanGradients: 0 },
      gradients: gradients === 'NaN' ? 'finite' : gradients,
      layers: layers.map((rows) => rows.map((row) => row.replaceAll('N', '.'))),
    }));
    const guarded = { ...facts, rows: facts.rows.map((row) => ({ ...row, softmax: 'finite' as const })) };
    const seen = { ...swallowed, facts: guarded };
    expect(undecided(seen)).toEqual([2, 6, 7, 8, 10, 11, 13, 14]);
    expect(verdicts(seen)).toMatchObject({ 1: 'does not hold', 9: 'holds', 12: 'does not hold' });
  });

  it('where the row guard guards nothing', () => {
    const dropped = device('wasm', false, (_seen, cell) =>
      cell['row-guard'] === 'zeros' && cell['padding-side'] === 'left' && cell.fill !== 'finfo-min'
        ? { loss: 'NaN', lossValue: Number.NaN }
        : {},
    );
    expect(undecided(dropped)).toEqual([6, 13, 14]);
    expect(verdicts(dropped)[1]).toBe('partly');
  });

  it('where no leak is ever seen', () => {
    expect(undecided(device('wasm', false, () => ({ leak: 'none', leaks: [] })))).toEqual([3, 4, 13]);
  });

  it('has no say beside a device on which it works, and is named', () => {
    const blind = device('gpu', true, () => ({ leak: 'none', leaks: [] }));
    const [, , , fourth] = judgeClaims([device('wasm', false), blind]);
    expect(fourth).toMatchObject({ verdict: 'does not hold' });
    expect(fourth!.because).toMatch(/On gpu it could not be shown\.$/);
  });

  it('eager that is finite whatever its fill makes claim 14 hold, one condition that is needed stands in claim 6', () => {
    const robust = device('wasm', false, (_seen, { attn }) => (attn === 'eager' ? { loss: 'finite' } : {}));
    expect(verdicts(robust)[14]).toBe('holds');
    expect(judgeClaims([robust])[5]!.because).toMatch(/^The NaN goes with eager instead of sdpa, and stays/);
  });
});
