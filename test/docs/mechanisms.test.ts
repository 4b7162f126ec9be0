/** The tables of mechanisms in docs/mechanisms.md and of warnings in docs/cascade.md are the ones that name them. */
import { mechanismRules, warningRules } from '@nanscope/cascade';
import { it } from 'vitest';
import { expectPart } from './pages.ts';

it('docs/mechanisms.md: the mechanisms, in the order in which they are tried', () => {
  const rows = mechanismRules.map(({ name, shows }) => `| ${name} | ${shows} |`);
  expectPart(
    'docs/mechanisms.md',
    'mechanisms',
    ['| mechanism | evidence |', '|---|---|', ...rows].join('\n'),
  );
});

it('docs/cascade.md: what looks abnormal, in the order in which it is tried', () => {
  const rows = warningRules.map(({ name, shows }) => `| ${name} | ${shows} |`);
  expectPart('docs/cascade.md', 'warnings', ['| looks abnormal | when |', '|---|---|', ...rows].join('\n'));
});
