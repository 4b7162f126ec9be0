/** The cases of a configuration. Read by the command before anything starts, and again by the lane that runs them. */
import { type ConformCase, idFilter, metamorphicCases, oracleCases, readVectors } from '@nanscope/conform';
import { nearest, UserError } from '@nanscope/errors';
import type { ConformConfig } from '../config/conform-config.ts';
import { failedCases, onlyFailed } from '../selection/last-failed.ts';
import { inShard, shardFrom } from '../selection/shard.ts';

export interface ChosenCases {
  readonly cases: readonly ConformCase[];
  /** One line for each vector that can not be read. */
  readonly badVectors: readonly string[];
}

/** @throws UserError `conform/no-vectors`, `conform/no-cases`, `usage/shard`, `usage/last-failed` */
export async function chooseCases(config: ConformConfig): Promise<ChosenCases> {
  const { vectors = [], filter } = config;
  const wanted = idFilter(filter);
  const own = [...metamorphicCases, ...oracleCases];
  const cases = own.filter(({ id }) => wanted(id));
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
  if (cases.length === 0 && badVectors.length === 0) {
    const near = nearest(
      filter ?? '',
      own.map(({ id }) => id),
    );
    throw new UserError(
      'conform/no-cases',
      `--filter ${filter}: expected a part of a case id such as ${near ?? own[0]!.id}, or a whole one with * and ?, found no case that has it.`,
    );
  }
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
