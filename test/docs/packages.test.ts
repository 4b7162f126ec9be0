/** The README of each package says what the package exports and imports now. */
import { expect, it } from 'vitest';
import { packageNames, readme } from '../../scripts/package-readmes.mjs';
import { textOf } from './pages.ts';

it.each(packageNames)('packages/%s/README.md is what its sources say (pnpm docs:packages)', (name) => {
  expect(textOf(`packages/${name}/README.md`)).toBe(readme(name));
});

it('a README names the exports of its package, types apart', () => {
  const text = readme('errors');
  expect(text).toMatch(/^\| .*`nearest`.* \| \[nearest\.ts\]\(src\/nearest\.ts\) \|/m);
  expect(text).toMatch(/`errorLine`, .*`UserError`; types `UserErrorOptions`/);
});
