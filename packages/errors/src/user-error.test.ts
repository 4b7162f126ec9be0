import { expect, it } from 'vitest';
import { Decorations } from './index.ts';

const fail = (): never => {
  throw new Error('no\nluck');
};

it('a decoration that throws is left out and named in one line; the others are made', async () => {
  const decorations = new Decorations();
  expect(decorations.make('the text', () => 'a')).toBe('a');
  expect(decorations.make('the picture', fail)).toBeUndefined();
  expect(decorations.make('the picture', fail)).toBeUndefined();
  expect(await decorations.makeLater('the replay', async () => fail())).toBeUndefined();
  expect(await decorations.makeLater('the replay', async () => 1)).toBe(1);
  expect(decorations.leftOut).toEqual(['the picture: left out, no', 'the replay: left out, no']);
});
