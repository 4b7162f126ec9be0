/** Each claim as a check. */
import type { ClaimsRecord } from '@nanscope/record';
import { type Check, check, skipped } from '../../words/check.ts';

/** A claim is decided or it is not; that one does not hold is a finding, not a failure. */
export function claimsChecks({ findings }: ClaimsRecord): Check[] {
  return findings.map(({ number, claim, verdict, because }) =>
    verdict === 'cannot be decided here'
      ? skipped('claims', `${number}. ${claim}`, because)
      : check('claims', `${number}. ${claim}`, true, `${verdict}: ${because}`),
  );
}
