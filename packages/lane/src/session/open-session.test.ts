import { deviceNames } from '@nanscope/device';
import { expect, it } from 'vitest';
import { thirdPartyBackend } from './open-session.ts';

const moduleOf = (id: string) =>
  `data:text/javascript,export default { id: '${id}', probe() {}, async open() {} }`;

// A name with a colon is no id of a backend at all.
it.each([...deviceNames.filter((name) => !name.includes(':')), 'none'])(
  'a third party may not call itself %s, which would never be used',
  async (name) => {
    await expect(thirdPartyBackend(moduleOf(name))).rejects.toMatchObject({
      code: 'backend/id-taken',
      exitCode: 2,
    });
  },
);

it('any other name is its own', async () => {
  expect((await thirdPartyBackend(moduleOf('mirror'))).id).toBe('mirror');
});
