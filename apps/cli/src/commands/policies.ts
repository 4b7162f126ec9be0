/** `nanscope policies`: whose each policy is, what becomes of a fully masked row, and which one is yours. */

import { wrap } from '@nanscope/record';
import { terminalStyle } from '@nanscope/report';
import { type PolicyRow, policiesFlags, policyChoice, policyRows, readSettings } from '@nanscope/settings';
import type { Command } from '../command.ts';

const LABEL = 14;

function block({ name, systems, maskedRow, source }: PolicyRow, width: number): string {
  const line = (label: string, text: string) =>
    wrap(text, width - LABEL).map((part, i) => `${(i === 0 ? `  ${label}` : '').padEnd(LABEL)}${part}`);
  return [
    name,
    ...line('systems', systems || 'none'),
    ...line('masked row', maskedRow),
    ...line('source', source),
  ].join('\n');
}

export const policiesCommand: Command = {
  name: 'policies',
  describe: 'list the masking policies: which systems have them, and what a fully masked row becomes',
  flags: policiesFlags,
  examples: [
    ['nanscope policies', 'list them'],
    ['nanscope policies --like torch=2.8,device=mps', 'find the policy of your versions, and the rule'],
    ['nanscope eval --like torch=2.8,device=mps --limit 8', 'evaluate under it'],
  ],
  docs: 'attention.md',
  async run({ flags, config }) {
    const { like, json } = await readSettings(policiesFlags, flags, config);
    const chosen = typeof like === 'string' ? policyChoice(like) : undefined;
    if (json === true) {
      process.stdout.write(`${JSON.stringify(chosen ?? policyRows(), undefined, 2)}\n`);
      return 0;
    }
    const { env, stdout } = process;
    const { width } = terminalStyle(env, stdout.isTTY === true, stdout.columns);
    const because = chosen ? [wrap(`${chosen.because}.`, width).join('\n')] : [];
    const next = chosen
      ? `Use it: nanscope eval --like ${like}`
      : 'Which one is yours: nanscope policies --like torch=2.8,device=mps,attn=sdpa,transformers=4.53';
    stdout.write(
      `${[...because, ...(chosen ? [chosen] : policyRows()).map((row) => block(row, width)), next].join('\n\n')}\n`,
    );
    return 0;
  },
};
