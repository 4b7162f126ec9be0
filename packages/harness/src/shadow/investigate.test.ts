import { describe, expect, it } from 'vitest';
import { comparison, lane } from '../testing/records.ts';
import { type Divergent, divergingBatch, investigate } from './investigate.ts';

const label = { row: 9, position: 2, label: 1, text: 'a', what: 'a place', reference: 1, target: 2 };
const labels = { ...comparison().labels, differing: [label] };
const ops = { ...comparison().ops, divergent: 1, batch: 5, firstDivergence: 'forward/x/Exp#0:0' };

describe('divergingBatch', () => {
  it.each([
    ['none where all agree', {}, 4, undefined],
    ['of the first label that differs', { labels }, 4, 2],
    ['of the op before that of a label', { labels, ops }, 4, 5],
    ['the only one of a ready batch', { labels }, Number.POSITIVE_INFINITY, 0],
    [
      'none where the settings differ',
      { labels, configuration: [{ name: 'seed', reference: '0', target: '1' }] },
      4,
      undefined,
    ],
  ])('%s', (_, changes, batchSize, batch) => {
    expect(divergingBatch(comparison(changes), batchSize)).toBe(batch);
  });
});

it.each([
  ['nothing was asked for', { shadow: false, replays: 0 }],
  ['ops were not traced and no replay was asked for', { shadow: true, trace: 'gate', replays: 0 }],
] as const)('%s: no lane is opened again', async (_, asked) => {
  const { decision } = lane();
  const config = { batchSize: 4, trace: 'health', rtol: 0, atol: 0, ...asked };
  const decided = { target: decision, reference: decision, environment: {}, probes: [] };
  const divergent = { config, decided, folder: '/nowhere', comparison: comparison({ labels }) };
  const said: string[] = [];
  const found = await investigate(divergent as unknown as Divergent, (what) => said.push(what), undefined);
  expect([found, said]).toEqual([{}, []]);
});
