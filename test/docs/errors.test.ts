/** docs/errors.md is made from the table of codes, and the table has no code that nothing throws. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type ErrorCode, errorCodes } from '@nanscope/errors';
import { expect, it } from 'vitest';
import { errorsPage } from '../../apps/cli/scripts/errors-page.ts';
import { wordsPage } from '../../apps/cli/scripts/words-page.ts';
import { at, textOf } from './pages.ts';

it('docs/words.md is what the glossary says (pnpm --filter @nanscope/cli generate)', () => {
  expect(textOf('docs/words.md')).toBe(wordsPage());
});

it('docs/errors.md is what the table of codes says (pnpm --filter @nanscope/cli generate)', () => {
  expect(textOf('docs/errors.md')).toBe(errorsPage());
});

it('every code of the table is on the page, in order', () => {
  const onPage = [...errorsPage().matchAll(/^\| `(.+?)` \|/gm)].map(([, code]) => code);
  expect(onPage).toEqual(Object.keys(errorCodes));
  expect(onPage).toEqual(onPage.toSorted());
});

it('every code of the table is thrown somewhere', () => {
  const sources = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(at(folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .flatMap(({ name }) => {
        const source = at(`${folder}/${name}/src`);
        if (!existsSync(source)) return [];
        return readdirSync(source, { recursive: true, encoding: 'utf8' })
          .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.endsWith('codes.ts'))
          .map((file) => readFileSync(`${source}/${file}`, 'utf8'));
      }),
  );
  // The lane of PyTorch answers with codes of its own.
  const lane = at('lanes/torch/nanscope_torch');
  const python = readdirSync(lane).filter((file) => file.endsWith('.py'));
  const all = [...sources, ...python.map((file) => readFileSync(`${lane}/${file}`, 'utf8'))].join('\n');
  // A helper of one area is called with the second half alone.
  const thrown = (code: ErrorCode) =>
    [code, code.split('/')[1]].some((word) => all.includes(`'${word}'`) || all.includes(`"${word}"`));
  expect((Object.keys(errorCodes) as ErrorCode[]).filter((code) => !thrown(code))).toEqual([]);
});
