import type { TrainingRecord } from '@nanscope/record';
import { expect, it } from 'vitest';
import { trainLane } from '../../../../test/fixtures/records/training.ts';
import { cardMark, mayReplace, modelCard } from './model.ts';

const card = () =>
  modelCard('models/mine', trainLane(), 'nanscope train --seed 3 --save models/mine', 'ab12');

it('names the model, its command, seed, text and losses', () => {
  const lines = card().split('\n');
  expect(lines).toContain('# mine');
  expect(lines).toContain('| command | `nanscope train --seed 3 --save models/mine` |');
  expect(card()).toMatch(/\| text \| built-in text: 9,000 tokens trained on; .* begins with ab12 \|/);
  expect(card()).toMatch(/\| training loss \| 2\.10000 nats/);
  expect(card()).toMatch(/\| validation loss \| 2\.20000 nats a token after step 20, over 1,000 tokens/);
});

it('begins with what the hub reads, and says that nothing was held back', () => {
  expect(card()).toMatch(/^---\nlibrary_name: transformers\n/);
  const cardOf = (validation: TrainingRecord['validation']) => {
    const { best: _, ...training } = { ...trainLane().training, validation };
    return modelCard('m', { ...trainLane(), training }, 'nanscope train', 'ab12');
  };
  expect(cardOf([])).toContain('| validation loss | no row was held back |');
  const broken = cardOf([{ step: 20, loss: 'NaN', accuracy: 0, tokens: 4 }]);
  expect(broken).toContain('| validation loss | NaN at the end; none was finite |');
});

it('a pipe in the command does not break the table', () => {
  expect(modelCard('m', trainLane(), 'nanscope train --data a|b', 'ab12')).toContain('--data a\\|b');
});

it('replaces a card of ours, and no other README', () => {
  expect(mayReplace(undefined)).toBe(true);
  expect(mayReplace(card())).toBe(true);
  expect(mayReplace(card().replace(cardMark, ''))).toBe(false);
});
