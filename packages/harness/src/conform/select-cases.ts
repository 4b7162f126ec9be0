/** Which of the cases run: those that failed in an earlier run (--last-failed), and of them a part (--shard). */
import { UserError } from '@nanscope/errors';
import type { ConformConfig } from '@nanscope/settings';
import { readRecord } from '../open/read-record.ts';
import { onlyFailed } from '../selection/only-failed.ts';
import { inShard, shardFrom } from '../selection/shard.ts';

/** Cases of a conformance run that failed. @param path a file that `conform --json` wrote */
function failedCases(path: string): ReadonlySet<string> {
  const { record } = readRecord(path);
  if (record.kind !== 'conform') {
    throw new UserError(
      'usage/last-failed',
      `--last-failed ${path}: expected what conform --json wrote, found a result of ${record.kind}.`,
    );
  }
  return new Set(record.cases.flatMap(({ id, status }) => (status === 'fail' ? [id] : [])));
}

/** @throws UserError `conform/no-cases`, `usage/shard`, `usage/last-failed` */
export function selectCases<Case extends { readonly id: string }>(
  cases: readonly Case[],
  { shard, lastFailed }: ConformConfig,
): readonly Case[] {
  const asked =
    lastFailed === undefined ? cases : onlyFailed(cases, failedCases(lastFailed), ({ id }) => id, 'cases');
  if (shard === undefined) return asked;
  const own = inShard(
    asked.map(({ id }) => id),
    shardFrom(shard),
  );
  const part = asked.filter(({ id }) => own.has(id));
  if (part.length > 0) return part;
  throw new UserError(
    'conform/no-cases',
    `--shard ${shard}: expected at least one case in this part, found none of ${asked.length}.`,
  );
}
