/** What is left of what is asked for where only the failed ones of an earlier run are wanted. Reading that run is last-failed.ts's business. */
import { UserError } from '@nanscope/errors';

/**
 * The failed ones of those that are asked for.
 *
 * @param what is run: `cells`, `cases`
 * @throws {UserError} `usage/last-failed` where nothing is left, which would pass without having run anything
 */
export function onlyFailed<Case>(
  asked: readonly Case[],
  failed: ReadonlySet<string>,
  idOf: (of: Case) => string,
  what: string,
): readonly Case[] {
  const left = asked.filter((one) => failed.has(idOf(one)));
  if (left.length > 0) return left;
  const found =
    failed.size === 0
      ? 'none'
      : `${failed.size} that are not asked for here: give the flags of that run as well`;
  throw new UserError(
    'usage/last-failed',
    `--last-failed: expected ${what} that failed in that run, found ${found}.`,
  );
}
