import type { CascadeRecord, LaneRecord } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { exploreAdvice, mendAdvice } from './advice.ts';

const traced = (rowsWithoutKey: number): CascadeRecord => ({
  ...{ level: 'health', ops: 8, batchesTraced: 1, events: [], eventsCut: 0, spread: [], kills: [] },
  observer: 'unchanged',
  warning: { batch: 0, rowsWithoutKey, taps: 0, headroom: [], beyondF16: 0 },
});

const own = (rows: number, changes: Partial<LaneRecord> = {}) =>
  lane({ config: { model: 'my model', data: 'a.jsonl' }, cascade: traced(rows), ...changes });

const typed = "nanscope eval --model 'my model' --data a.jsonl";

describe('what to do about a finite loss', () => {
  it('of the default model and text: a cascade to look at, or data of their own', () => {
    const bundled = lane({ config: { model: 'prose' }, cascade: traced(4) });
    expect(exploreAdvice(bundled, 'nanscope eval')).toEqual({ to: 'explore', cascade: true });
  });

  it.each([
    ['as typed', typed, typed],
    ['with a policy', `${typed} --policy safe --limit 4`, `${typed} --limit 4`],
    ['with parts of one', `${typed} --row-guard=zeros --fill '-1e9' --limit 4`, `${typed} --limit 4`],
    ['with a folder', `${typed} --out 'it'\\''s here' --limit 4`, `${typed} --limit 4`],
  ])('of their own data with masked rows: their own command under such a policy (%s)', (_, command, kept) => {
    expect(exploreAdvice(own(76), command)).toEqual({
      ...{ to: 'try without a guard', policy: 'safe', queries: 76, batch: 0, bundledText: false },
      unguarded: ['torch-2.4', 'torch-mps-2.8'],
      command: `${kept} --policy torch-mps-2.8`,
    });
  });

  it('one query, and a command that cannot be typed again', () => {
    const untyped = { to: 'try without a guard', queries: 1, command: undefined };
    expect(exploreAdvice(own(1), 'nanscope compare a b')).toMatchObject(untyped);
    expect(exploreAdvice(own(1), 'nanscope eval --resume runs/a')).toMatchObject(untyped);
  });

  it('of their own model over the bundled text: the text has them', () => {
    const model = own(5, { config: { model: 'my model' } });
    expect(exploreAdvice(model, typed)).toMatchObject({ queries: 5, bundledText: true });
  });

  it('of a lane of PyTorch: what its guard hides, and no policy, which is not for it', () => {
    const decision = { ...lane().decision, torch: { python: 'python3', device: 'cpu' } };
    const advice = exploreAdvice(own(3, { decision }), typed);
    expect(advice).toEqual({ to: 'know of the guard', queries: 3, batch: 0, policy: 'safe' });
  });

  it('of a model with sinks: that they leave no NaN of a mask', () => {
    expect(exploreAdvice(own(3, { model: { ...lane().model, sinks: true } }), typed)).toEqual({
      to: 'know of the sinks',
    });
  });

  it('of their own data never names data of their own again', () => {
    for (const one of [own(0), own(3), own(0, { cascade: undefined })])
      expect(exploreAdvice(one, typed).to).not.toBe('explore');
  });
});

it('of a NaN that PyTorch makes of a row without a key: a version that guards it, not a policy', () => {
  const mechanism = { name: 'fully masked row', evidence: 'e' };
  const origin = {
    key: 'forward/a/b#0:0',
    batch: 0,
    coordinates: [0],
    coordinateNames: ['batch'],
    mechanism,
  };
  const born = lane({ cascade: { ...traced(1), origin: origin as never } });
  expect(mendAdvice(born)).toEqual({ to: 'guard rows' });
  const decision = { ...born.decision, torch: { python: 'python3', device: 'cpu' } };
  expect(mendAdvice({ ...born, decision })).toEqual({ to: 'guard rows of PyTorch' });
});
