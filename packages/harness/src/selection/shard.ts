/**
 * A part of the cases of a run, for several machines: the parts are disjoint, together they are the whole, and every
 * machine comes to the same ones by itself. Pure.
 */
import { UserError } from '@nanscope/errors';
import { hash } from '@nanscope/experiments';

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

/** More than the arrays of schedulers hold. */
const MOST = 1e4;

/** @throws {UserError} `usage/shard` */
export function shardFrom(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count && shard.count <= MOST) return shard;
  throw new UserError(
    'usage/shard',
    `--shard: expected I/N with I from 1 to N, N at most ${MOST}, such as 1/4, found "${text}".`,
  );
}

/**
 * Which of the cases are in the part. Without timings by a hash of the id, so that a case stays in its part whatever
 * else is run; with them, the longest first, each to the part that has least to do so far (Graham 1969: the longest part
 * takes at most 4/3 of the best division).
 *
 * @param ids of every case of the run, each once
 * @param seconds by id, of an earlier run; a case that it does not know weighs the mean of those that it does
 * @throws {UserError} `usage/timings` when it knows none
 */
export function inShard(
  ids: readonly string[],
  { index, count }: Shard,
  seconds?: ReadonlyMap<string, number>,
): ReadonlySet<string> {
  if (!seconds) return new Set(ids.filter((id) => hash(id) % count === index - 1));
  const known = ids.flatMap((id) => seconds.get(id) ?? []);
  if (known.length === 0) {
    throw new UserError(
      'usage/timings',
      `--timings: expected the seconds of a case of this run, found none of ${ids.length}. Cases are named with their device, so give the same --device names.`,
    );
  }
  const mean = known.reduce((sum, took) => sum + took, 0) / known.length;
  const weighed = ids.map((id) => ({ id, weight: seconds.get(id) ?? mean, order: hash(id) }));
  weighed.sort((a, b) => b.weight - a.weight || a.order - b.order || (a.id < b.id ? -1 : 1));
  const loads = Array.from({ length: count }, () => 0);
  const own = new Set<string>();
  for (const { id, weight } of weighed) {
    let least = 0;
    for (let part = 1; part < count; part++) if (loads[part]! < loads[least]!) least = part;
    loads[least]! += weight;
    if (least === index - 1) own.add(id);
  }
  return own;
}

// What is left of what is asked for where only the failed ones of an earlier run are wanted. Reading that run is matrix/run-matrix.ts's business.

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
