import { describe, expect, it } from 'vitest';
import { comparison } from '../../../../test/fixtures/records/lanes.ts';
import { planOf } from './investigate.ts';

const label = { row: 9, position: 2, label: 1, text: 'a', what: 'a place', reference: 1, target: 2 };
const labels = { ...comparison().labels, differing: [label] };
const ops = { ...comparison().ops, divergent: 1, batch: 5, firstDivergence: 'forward/x/Exp#0:0' };
const configuration = [{ name: 'seed', reference: '0', target: '1' }];

type Config = Parameters<typeof planOf>[0];
const config: Config = { batchSize: 4, replays: 2, shadow: true, trace: 'health' };
const plan = (changes: Parameters<typeof comparison>[0], asked: Partial<Config> = {}) =>
  planOf({ ...config, ...asked }, comparison(changes));

describe('planOf', () => {
  it.each([
    ['of the first label that differs', { labels }, {}, 2],
    ['of the op, where one differs in class', { labels, ops }, {}, 5],
    ['the only one of a ready batch', { labels }, { loadInputs: 'x.safetensors' }, 0],
  ])('takes the batch %s', (_, changes, asked, batch) => {
    expect(plan(changes, asked)).toMatchObject({ batch, replays: 2, shadow: true });
  });

  it.each<[string, Parameters<typeof comparison>[0], Partial<Config>]>([
    ['the lanes agree', {}, {}],
    ['the settings differ', { labels, configuration }, {}],
    ['neither is wanted', { labels }, { shadow: false, replays: 0 }],
    ['nothing may be looked at, and no replay is wanted', { labels }, { trace: 'off', replays: 0 }],
  ])('is none where %s', (_, changes, asked) => {
    expect(plan(changes, asked)).toBeUndefined();
  });

  it('at --trace off replays the batch and no op', () => {
    expect(plan({ labels }, { trace: 'off' })).toMatchObject({ batch: 2, replays: 2, shadow: false });
  });

  it('at --trace gate replays ops as well: no order of a sum is held against a kernel', () => {
    expect(plan({ labels }, { trace: 'gate' })).toMatchObject({ batch: 2, replays: 2, shadow: true });
  });
});
