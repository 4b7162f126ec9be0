/** The table of mechanisms in docs/cascade.md is the one that names them. */
import { mechanismRules } from '@nanscope/cascade';
import { it } from 'vitest';
import { expectPart } from './pages.ts';

it('docs/cascade.md: the mechanisms, in the order in which they are tried', () => {
  const rows = mechanismRules.map(({ name, shows }) => `| ${name} | ${shows} |`);
  expectPart('docs/cascade.md', 'mechanisms', ['| mechanism | evidence |', '|---|---|', ...rows].join('\n'));
});
