/** Which policy `--like` chose, and by which rule: one line of progress. */
import { policyChoice } from '@nanscope/settings';

export function sayPolicy({ like }: { readonly like?: string }, say: (line: string) => void): void {
  if (like !== undefined) say(`policy    ${policyChoice(like).because}`);
}
