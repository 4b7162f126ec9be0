import type { CascadeRecord } from '@nanscope/record';
import { expect, it } from 'vitest';
import type { LaneMessage } from '../protocol/task.ts';
import { shortLoss, tellBirth } from './tracer.ts';

const clean: CascadeRecord = {
  ...{ level: 'health', ops: 1, batchesTraced: 1, events: [], eventsCut: 0, spread: [], kills: [] },
  observer: 'unchecked',
};
const key = 'forward/transformer.h.0/attn/probs/Sub#0:0';
const origin: CascadeRecord['origin'] = {
  ...{ key, kind: 'NaN', batch: 2, coordinates: [], coordinateNames: [] },
  mechanism: { name: 'fully masked row', evidence: '' },
};

function told(...[cascade, loss]: [CascadeRecord | undefined, number | 'NaN' | 'Infinity']): LaneMessage[] {
  const messages: LaneMessage[] = [];
  const said = tellBirth((message) => messages.push(message), cascade, loss, 4);
  expect(said).toBe(messages.length > 0);
  return messages;
}

it('is silent while everything is finite', () => {
  expect(told(clean, 3.2)).toEqual([]);
  expect(told(undefined, 3.2)).toEqual([]);
});

it('names the origin where a trace does, though the loss hides it', () => {
  expect(told({ ...clean, origin }, 3.2)).toEqual([{ kind: 'born', what: 'NaN', batch: 2, key }]);
});

it('without a trace it is the loss that shows it', () => {
  expect(told(undefined, 'NaN')).toEqual([{ kind: 'born', what: 'NaN', batch: 4 }]);
  expect(told(clean, 'Infinity')).toEqual([{ kind: 'born', what: 'Inf', batch: 4 }]);
});

it('a loss has four digits, and its class', () => {
  expect([shortLoss(3.219123), shortLoss('NaN'), shortLoss('-Infinity')]).toEqual([
    '3.219',
    'NaN',
    '-Infinity',
  ]);
});
