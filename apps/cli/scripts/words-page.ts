/** docs/words.md: the words of the reports, made from their glossary. */
import { glossary } from '@nanscope/report';

/** The whole page. */
export function wordsPage(): string {
  const rows = glossary.map(({ term, meaning }) => `| ${term} | ${meaning.replaceAll('|', '\\|')} |`);
  return `# The words of the reports

For everyone who reads a report for the first time.
You will be able to look a word up. An HTML or Markdown report ends with those that it uses; a report on the terminal names this page.

| word | what it means |
|---|---|
${rows.join('\n')}

Made from the glossary by \`pnpm --filter @nanscope/cli generate\`; a test fails when it is stale.
`;
}
