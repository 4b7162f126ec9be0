/** What to do next about a loss, with the user's own command where another one answers. Pure. */
import { maskedRow, policies, presetNames } from '@nanscope/attention';
import type { LaneRecord } from '@nanscope/record';
import { counted } from '@nanscope/report';
import { isBornMasked } from './loss-words.ts';

/** Of a loss that is not finite. */
export function mendAdvice(lane: LaneRecord): string {
  if (isBornMasked(lane)) return 'Fix: --row-guard zeros, or --policy safe.';
  if (lane.cascade?.origin) return 'Look at the origin in the cascade above, and mend it there.';
  if (lane.policy.rowGuard === 'none' && lane.policy.fill.endsWith('-inf'))
    return 'If a query has no allowed key, the fix is --row-guard zeros, or --policy safe; --trace health shows it.';
  return 'Run it again with --trace health, which names the origin.';
}

/** The policies of real systems that make NaN of a query with no allowed key. */
const unguarded = presetNames.filter((name) => maskedRow(policies[name]) === 'nan');

const word = String.raw`(?:'[^']*'|\\'|[^\s'\\])+`;

/** Flags that would stand against the policy, or take the place of the folder that is there. */
const replaced = new RegExp(` --(?:policy|fill|compose|row-guard|out)(?:=| +)${word}`, 'g');

/** The command of an evaluation as typed, under another policy; undefined for one that can not be typed again. */
function underPolicy(command: string, policy: string): string | undefined {
  if (!/^nanscope eval\b/.test(command) || / --resume\b/.test(command)) return undefined;
  return `${command.replace(replaced, '')} --policy ${policy}`;
}

const isBundled = ({ data, model, 'load-inputs': inputs }: LaneRecord['config']) =>
  data === undefined && inputs === undefined && model === 'prose';

/** Of a finite loss over the user's own model or data: the queries that another policy makes NaN of; undefined without any. */
export function maskedAdvice({ config, policy, cascade }: LaneRecord, command: string): string | undefined {
  const { rowsWithoutKey = 0, batch = 0 } = cascade?.warning ?? {};
  const last = unguarded.at(-1);
  if (isBundled(config) || rowsWithoutKey === 0 || last === undefined) return undefined;
  const [have, they] = rowsWithoutKey === 1 ? ['has', 'it is'] : ['have', 'they are'];
  const where = config.data === undefined && config['load-inputs'] === undefined ? 'the text' : 'your data';
  const masked = `${counted(rowsWithoutKey, 'query', 'queries')} of ${where} (batch ${batch}) ${have} no allowed key`;
  return `Finite under ${policy.name}. ${masked}: under ${unguarded.join(' and ')} ${they} NaN. Try: ${underPolicy(command, last) ?? `--policy ${last}`}`;
}

/** Of a loss that is finite and may be used. */
export function exploreAdvice(lane: LaneRecord, command: string): string {
  const { config, policy, cascade } = lane;
  if (isBundled(config)) {
    const show = policy.name === 'safe' ? ' --policy torch-mps-2.8 to see a cascade, or' : '';
    return `Try${show} your own --model and --data.`;
  }
  const masked = maskedAdvice(lane, command);
  if (masked !== undefined) return masked;
  return cascade?.warning
    ? 'Nothing to mend: every query that was looked at has an allowed key.'
    : 'Nothing to mend; --trace health tells whether a query has no allowed key.';
}
