/**
 * Whether the parts that are merged fit together: those of one device are parts of one cut, made with the same timings,
 * each of them once. Else the union would have holes and overlaps that no part knows of. Pure.
 */
import { UserError } from '@nanscope/errors';
import type { CellResult } from '@nanscope/lane';
import type { MatrixRecord } from '@nanscope/record';
import { type Shard, shardFrom } from '../selection/shard.ts';

export interface Part {
  readonly folder: string;
  readonly record: MatrixRecord;
  readonly cells: ReadonlyMap<string, CellResult>;
}

interface ShardPart extends Shard {
  readonly folder: string;
  /** What was divided: a machine has its own parts of its own devices. */
  readonly devices: string;
  readonly timings: string;
}

function shardParts(parts: readonly Part[]): ShardPart[] {
  return parts.flatMap(({ folder, record }) => {
    if (record.shard === undefined) return [];
    const devices = record.devices
      .map(({ name }) => name)
      .sort()
      .join(',');
    return [{ ...shardFrom(record.shard), folder, devices, timings: record.timings ?? 'none' }];
  });
}

function sameDevices(parts: readonly ShardPart[]): ShardPart[][] {
  const names = new Set(parts.map(({ devices }) => devices));
  return [...names].map((name) => parts.filter(({ devices }) => devices === name));
}

/** @throws {UserError} `merge/other-cut`, `merge/overlap` */
export function checkCuts(parts: readonly Part[]): void {
  for (const own of sameDevices(shardParts(parts))) {
    const [first] = own as [ShardPart];
    const seen = new Map<number, string>();
    for (const { index, count, folder, timings, devices } of own) {
      if (timings !== first.timings || count !== first.count) {
        const words = (part: Pick<ShardPart, 'count' | 'timings'>) =>
          `one of ${part.count} with timings ${part.timings}`;
        throw new UserError(
          'merge/other-cut',
          `${folder}: expected a part of ${devices} that was divided as ${first.folder} was, ${words(first)}, found ${words({ count, timings })}. Run all parts with the same --shard I/N and the same --timings.`,
        );
      }
      const before = seen.get(index);
      if (before !== undefined) {
        throw new UserError(
          'merge/overlap',
          `${folder}: expected each part of ${devices} once, found ${index}/${count}, which is ${before} already. Leave one out.`,
        );
      }
      seen.set(index, folder);
    }
  }
}

/** The parts that were not given, in words: `2/3 of wasm`; of more than `most` the first, and how many are left out. */
export function missingShards(parts: readonly Part[], most: number): string[] {
  const missing = sameDevices(shardParts(parts)).flatMap((own) => {
    const { count, devices } = own[0]!;
    const given = new Set(own.map(({ index }) => index));
    const all = Array.from({ length: count }, (_, i) => i + 1);
    return all.filter((index) => !given.has(index)).map((index) => `${index}/${count} of ${devices}`);
  });
  const rest = missing.length - most;
  return rest > 0 ? [...missing.slice(0, most), `and ${rest} more`] : missing;
}
