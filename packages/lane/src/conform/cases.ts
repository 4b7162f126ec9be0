/** The cases of a configuration. Read by the command before anything starts, and again by the lane that runs them. */
import { type ConformCase, idFilter, readVectors } from '@nanscope/conform';
import { UserError } from '@nanscope/errors';
import { failedCases, inShard, onlyFailed, shardFrom } from '@nanscope/harness';
import type { ConformConfig } from '@nanscope/settings';
import { ownCases, refuseNoCases } from './own-cases.ts';

export interface ChosenCases {
  readonly cases: readonly ConformCase[];
  /** One line for each vector that can not be read. */
  readonly badVectors: readonly string[];
}

/** @throws UserError `conform/no-vectors`, `conform/no-cases`, `usage/shard`, `usage/last-failed` */
export async function chooseCases(config: ConformConfig): Promise<ChosenCases> {
  const { vectors = [], filter } = config;
  const wanted = idFilter(filter);
  const cases = [...ownCases(filter)];
  const badVectors: string[] = [];
  const copies = new Map<string, number>();
  for (const folder of vectors) {
    const read = await readVectors(folder, wanted);
    for (const found of read.cases) {
      // The same case may come in two layouts.
      const copy = (copies.get(found.id) ?? 0) + 1;
      copies.set(found.id, copy);
      cases.push(copy === 1 ? found : { ...found, id: `${found.id};copy=${copy}` });
    }
    badVectors.push(...read.faults.map(({ message }) => message));
  }
  if (cases.length === 0 && badVectors.length === 0) refuseNoCases(filter);
  return { cases: selected(cases, config), badVectors };
}

/** Those that failed in an earlier run, and of them a part. */
function selected(
  cases: readonly ConformCase[],
  { shard, lastFailed }: ConformConfig,
): readonly ConformCase[] {
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
