/** From the configuration of a matrix to its cells. Pure. */

import { UserError } from '@nanscope/errors';
import {
  type Cell,
  cellId,
  cellsOf,
  conditionsFrom,
  type FactorValues,
  factors,
  meets,
} from '@nanscope/experiments';
import { type FlagValues, type MatrixConfig, toConfig } from '@nanscope/settings';
import { deviceNames } from '../experiments/named-devices.ts';
import { inShard, onlyFailed, shardFrom } from '../selection/shard.ts';
import type { Timings } from './timings.ts';

/** Flag values, already checked against the flag table. */
export function matrixConfig(values: FlagValues): MatrixConfig {
  const own = Object.entries(values).filter(([name]) => Object.hasOwn(factors, name));
  const others = Object.entries(values).filter(([name]) => !Object.hasOwn(factors, name));
  return {
    ...toConfig<Omit<MatrixConfig, 'factors'>>(Object.fromEntries(others)),
    factors: Object.fromEntries(own) as unknown as MatrixConfig['factors'],
  };
}

export interface MatrixPlan {
  readonly values: FactorValues;
  readonly cells: readonly Cell[];
}

/** What earlier runs say about the cells. */
export interface Earlier {
  /** Divides the parts. */
  readonly timings?: Timings;
  /** Ids of the cells that alone are run. */
  readonly failed?: ReadonlySet<string>;
}

/**
 * What a filter names is run whether or not the lists hold it: the id of a cell is enough to run that cell.
 *
 * @throws UserError `experiments/condition`, `usage/shard`, `usage/timings`, `usage/last-failed`, `usage/device-list`, `matrix/empty`
 */
export function planMatrix(
  { device, factors: lists, filter, shard }: MatrixConfig,
  { timings, failed }: Earlier = {},
): MatrixPlan {
  const conditions = filter === undefined ? {} : conditionsFrom(filter);
  const named = Object.fromEntries(Object.entries(conditions).map(([name, value]) => [name, [value]]));
  const values: FactorValues = { device: deviceNames(device), ...lists, ...named } as FactorValues;
  const table = cellsOf(values).filter((cell) => meets(cell, conditions));
  if (table.length === 0)
    throw empty(
      'the factors',
      'values that can be asked together (onnxruntime has one policy: additive-inf, and, zeros, f32, inference)',
    );
  const wanted = failed ? onlyFailed(table, failed, cellId, 'cells') : table;
  if (shard === undefined) return { values, cells: wanted };
  const own = inShard(wanted.map(cellId), shardFrom(shard), timings?.seconds);
  const cells = wanted.filter((cell) => own.has(cellId(cell)));
  if (cells.length === 0) throw empty(`--shard ${shard}`, 'at least one cell in this part');
  return { values, cells };
}

const empty = (flags: string, expected: string) =>
  new UserError('matrix/empty', `${flags}: expected ${expected}, found none. See nanscope matrix --help.`);
