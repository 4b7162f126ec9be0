import { builtinBackend } from '@nanscope/backend';
import { expect, it } from 'vitest';
import { selfChecks } from './measure.ts';

it('attention and conform are heard of on the way: a slow device is not taken for one that hangs', async () => {
  const session = await builtinBackend('cpu')!.open();
  let heard = 0;
  const during: Record<string, number> = {};
  for await (const { name, passed } of selfChecks(session, () => heard++)) {
    expect(passed).toBe(true);
    during[name] = heard;
    heard = 0;
    if (name === 'conform') break;
  }
  await session.dispose();
  expect(during).toEqual({ attention: 1, conform: 7 });
});
