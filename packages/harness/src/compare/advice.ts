/** What to do next about a loss, with the user's own command where another one answers. Data; the words are in report. Pure. */
import { maskedRow, policies, presetNames } from '@nanscope/attention';
import type { LaneRecord } from '@nanscope/record';
import { isUnguarded } from '@nanscope/settings';
import type { Advice } from '@nanscope/words';
import { isBornMasked } from './exit-code.ts';

/** What to do about a loss that is not finite. */
export function mendAdvice(lane: LaneRecord): Advice {
  if (isBornMasked(lane) && lane.decision.torch) return { to: 'guard rows of PyTorch' };
  if (isBornMasked(lane)) return { to: 'guard rows' };
  if (lane.cascade?.origin) return { to: 'mend the origin' };
  return { to: isUnguarded(lane.policy) ? 'guard rows or trace' : 'trace' };
}

/** The policies of real systems that make NaN of a query with no allowed key. */
const unguarded = presetNames.filter((name) => maskedRow(policies[name]) === 'nan');

const word = String.raw`(?:'[^']*'|\\'|[^\s'\\])+`;

/** Flags that would stand against the policy, or take the place of the folder that is there. */
const replaced = new RegExp(` --(?:policy|fill|compose|row-guard|out)(?:=| +)${word}`, 'g');

/** The command of an evaluation as typed, under another policy; undefined for one that cannot be typed again. */
function underPolicy(command: string, policy: string): string | undefined {
  if (!/^nanscope eval\b/.test(command) || / --resume\b/.test(command)) return undefined;
  return `${command.replace(replaced, '')} --policy ${policy}`;
}

const isBundled = ({ data, model, 'load-inputs': inputs }: LaneRecord['config']) =>
  data === undefined && inputs === undefined && model === 'prose';

/** What is said of a finite loss over the user's own model or data where queries have no key: which policies make them NaN, or that the model has sinks. */
export function maskedAdvice(
  { config, policy, cascade, decision, model }: LaneRecord,
  command: string,
): Advice | undefined {
  const { rowsWithoutKey: queries = 0, batch = 0 } = cascade?.warning ?? {};
  const last = unguarded.at(-1);
  if (isBundled(config) || queries === 0 || last === undefined) return undefined;
  if (model.sinks) return { to: 'know of the sinks' };
  if (decision.torch) return { to: 'know of the guard', queries, batch, policy: policy.name };
  const bundledText = config.data === undefined && config['load-inputs'] === undefined;
  const typed = underPolicy(command, last);
  return {
    ...{ to: 'try without a guard', policy: policy.name, queries, batch, bundledText, unguarded },
    command: typed,
  };
}

/** What to do next after a finite loss. */
export function exploreAdvice(lane: LaneRecord, command: string): Advice {
  const { config, policy, cascade } = lane;
  if (isBundled(config)) return { to: 'explore', cascade: policy.name === 'safe' };
  return (
    maskedAdvice(lane, command) ?? (cascade?.warning ? { to: 'nothing' } : { to: 'trace for masked rows' })
  );
}
