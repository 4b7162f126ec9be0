/** The preset table as Markdown: docs/attention.md holds it, and a test fails when the two differ. */
import { type Fill, FLOAT32_MIN } from './policy.ts';
import { type Preset, policies, presetNames } from './presets.ts';

/** A fill in the words that `policyFrom` reads, where there are any. */
export function fillWord({ how, value }: Fill): string {
  if (value === Number.NEGATIVE_INFINITY) return `${how}-inf`;
  if (value === FLOAT32_MIN) return how === 'select' ? 'finfo-min' : 'additive-finfo-min';
  return `${how}:${value}`;
}

export function presetTable(): string {
  const rows = presetNames.map((name) => {
    const { fill, compose, rowGuard, scoreRounding, implementation, summary, source }: Preset =
      policies[name];
    const cells = [
      `\`${name}\``,
      implementation ?? 'both',
      `\`${fillWord(fill)}\``,
      `\`${compose}\``,
      `\`${rowGuard}\``,
      `\`${scoreRounding ?? 'after-scale'}\``,
      summary,
      source,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| preset | is | fill | composition | row guard | scores in half | what it does to a query without a key | read in |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
