/** `nanscope docs`: the pages of the documentation, read and searched where the tool is used. */
import { UserError } from '@nanscope/errors';
import { wrap } from '@nanscope/record';
import { terminalStyle } from '@nanscope/report';
import { docsFlags, readSettings } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { aboutPage, type DocsPage, docsPages, type Hit, searchDocs } from '../docs-pages.ts';

/** Sections that a search shows. */
const SHOWN = 8;

/** Markdown that only a page renders is left out of a line that is quoted. */
const quoted = (line: string) =>
  line
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/^\| | \|$/g, '')
    .replaceAll(' | ', ' · ');

function listOf(pages: readonly DocsPage[], width: number): string {
  const indented = (text: string) => wrap(text, width - 4).map((line) => `    ${line}`);
  const rows = pages.map((page) => {
    const { title, about } = aboutPage(page);
    return [`  ${page.name}`, ...indented(about === '' ? title : `${title}: ${about}`)].join('\n');
  });
  return [...rows, 'Read one: nanscope docs why-nan. Search all: nanscope docs left padding'].join('\n');
}

function hitsOf(hits: readonly Hit[], width: number): string {
  const blocks = hits.map(({ page, heading, excerpt }) =>
    [`${page}: ${heading}`, ...wrap(quoted(excerpt), width - 4).map((line) => `    ${line}`)].join('\n'),
  );
  return [...blocks, `Read on: nanscope docs ${hits[0]!.page}`].join('\n\n');
}

export const docsCommand: Command = {
  name: 'docs',
  describe: 'list the pages of the documentation, print one, or search them',
  positionals: ['[WORD..]'],
  flags: docsFlags,
  examples: [
    ['nanscope docs', 'list the pages'],
    ['nanscope docs why-nan', 'print one'],
    ['nanscope docs left padding', 'find the sections that hold both words'],
  ],
  docs: 'README.md',
  async run({ flags, config, positionals: words }) {
    const { find } = await readSettings(docsFlags, flags, config);
    const { env, stdout } = process;
    const { width } = terminalStyle(env, stdout.isTTY === true, stdout.columns);
    const pages = docsPages();
    const named = words.length === 1 && find !== true;
    const page = named
      ? pages.find(({ name }) => `${name}.md` === words[0]!.replace(/(\.md)?$/, '.md'))
      : undefined;
    if (page || words.length === 0) {
      stdout.write(page ? page.text : `${listOf(pages, width)}\n`);
      return 0;
    }
    const hits = searchDocs(pages, words, SHOWN);
    if (hits.length === 0)
      throw new UserError(
        'usage/docs',
        `docs: expected words that a page holds, found none with ${words.join(' or ')}. nanscope docs lists the pages.`,
      );
    stdout.write(`${hitsOf(hits, width)}\n`);
    return 0;
  },
};
