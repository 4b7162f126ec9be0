/** What the pages say can be done: their commands are understood, their links lead somewhere, README begins as it must. */
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { policyFrom } from '@nanscope/attention';
import { deviceNames } from '@nanscope/device';
import { isModelPreset, isTrainedModel } from '@nanscope/model';
import { describe, expect, it } from 'vitest';
import { commandsOf, understood } from './commands.ts';
import { at, blocksOf, pages, textOf } from './pages.ts';

it('README begins with the command that runs and the command that tests', () => {
  const [first, second] = blocksOf(textOf('README.md'));
  expect([first, second]).toEqual([
    { language: 'sh', text: 'npm start' },
    { language: 'sh', text: 'npm test' },
  ]);
});

/** Headings as GitHub makes anchors of them. */
const anchorsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe.each(pages)('%s', (page) => {
  const text = textOf(page);
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!)
    .filter((link) => !/^[a-z]+:/.test(link));

  it('has links and images that lead somewhere', () => {
    const broken = links.filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : posix.join(dirname(page), path);
      if (!existsSync(at(target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  if (page.startsWith('docs/'))
    it('says first who it is for, and then what they will be able to do', () => {
      const [title, , reader, ability, end] = text.split('\n');
      expect(title).toMatch(/^# /);
      expect(reader).toMatch(/^For .*\.$/);
      expect(ability).toMatch(/^You will be able to .*\.$/);
      expect(end).toBe('');
    });

  it('closes its fenced blocks', () => {
    expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
  });

  it.each(commandsOf(page).map(({ words }) => [words.join(' '), words] as const))(
    'has a command that is understood: %s',
    async (_, words) => {
      const config = await understood(words);
      if (!config) return;
      policyFrom({
        preset: config.policy === 'auto' ? 'safe' : config.policy,
        ...(config.fill ? { fill: config.fill } : {}),
        ...(config.compose ? { compose: config.compose } : {}),
        ...(config.rowGuard ? { rowGuard: config.rowGuard } : {}),
      });
      for (const name of [config.device, config.reference ?? 'none'])
        if (!config.backend) expect([...deviceNames, 'none']).toContain(name);
      expect(config.model).toSatisfy(
        (model: string) => isModelPreset(model) || isTrainedModel(model) || model.includes('/'),
      );
      if (config.data?.startsWith('docs/')) expect(existsSync(at(config.data)), config.data).toBe(true);
    },
  );
});

it('pages on disk are linked from README or from a page that is', () => {
  const seen = new Set<string>();
  const follow = (page: string): void => {
    if (seen.has(page) || !pages.includes(page)) return;
    seen.add(page);
    for (const [, link] of textOf(page).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g))
      follow(posix.normalize(join(dirname(page), link!).replaceAll('\\', '/')));
  };
  follow('README.md');
  expect(pages.filter((page) => !seen.has(page))).toEqual([]);
});
