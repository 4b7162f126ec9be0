/** From the configuration of a matrix to its cells. Pure. */

import { UserError } from '@nanscope/errors';
import {
  type Cell,
  cellsOf,
  conditionsFrom,
  type FactorValues,
  factors,
  inShard,
  meets,
  shardFrom,
} from '@nanscope/experiments';
import { toConfig } from '../config/eval-config.ts';
import type { FlagValues } from '../config/flag.ts';
import type { MatrixConfig } from '../config/matrix-config.ts';
import { deviceNames } from '../experiments/named-devices.ts';

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

/**
 * What a filter names is run whether or not the lists hold it: the id of a cell is enough to run that cell.
 *
 * @throws UserError `experiments/condition`, `experiments/shard`, `usage/device-list`, `matrix/empty`
 */
export function planMatrix({ device, factors: lists, filter, shard }: MatrixConfig): MatrixPlan {
  const asked = filter === undefined ? {} : conditionsFrom(filter);
  const named = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, [value]]));
  const values: FactorValues = { device: deviceNames(device), ...lists, ...named } as FactorValues;
  const part = shard === undefined ? undefined : shardFrom(shard);
  const cells = cellsOf(values).filter((cell) => meets(cell, asked) && (!part || inShard(cell, part)));
  if (cells.length > 0) return { values, cells };
  const expected =
    shard === undefined
      ? 'values that can be asked together (onnxruntime has one policy: additive-inf, and, zeros, f32, inference)'
      : 'at least one cell in this part';
  const given = shard === undefined ? 'the factors' : `--shard ${shard}`;
  throw new UserError(
    'matrix/empty',
    `${given}: expected ${expected}, found none. See nanscope matrix --help.`,
  );
}
