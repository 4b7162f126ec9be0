/** The policies as a table for people: whose they are, and what becomes of a fully masked row. */
import {
  type LikeDecision,
  maskedRow,
  maskedRowWords,
  type PresetName,
  policies,
  policyLike,
  presetNames,
  systemsOf,
} from '@nanscope/attention';

export interface PolicyRow {
  readonly name: PresetName;
  /** Systems and versions; empty for a policy that no released system has. */
  readonly systems: string;
  /** What becomes of a query without an allowed key, in words. */
  readonly maskedRow: string;
  readonly summary: string;
  readonly source: string;
}

export const policyRows = (): readonly PolicyRow[] =>
  presetNames.map((name) => {
    const { summary, source } = policies[name];
    return {
      name,
      systems: systemsOf(name),
      maskedRow: maskedRowWords[maskedRow(policies[name])],
      summary,
      source,
    };
  });

/** The row of the policy that masks as the versions in `like` do, and by which rule. @throws {UserError} `policy/like` */
export function policyChoice(like: string): PolicyRow & Omit<LikeDecision, 'policy'> {
  const { policy, ...decision } = policyLike(like);
  return { ...policyRows().find(({ name }) => name === policy)!, ...decision };
}
