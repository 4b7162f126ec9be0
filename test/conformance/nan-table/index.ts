/**
 * What every kernel must do with NaN and infinities, as a table. A class string has one letter per element:
 * N for NaN, + and - for the infinities, a dot for a finite number. `except` names the backends that differ;
 * each of them must own up to it with a known-divergence note on one of the row's kernels (or on `*`).
 */
import { binaryRows } from './binary-rows.ts';
import { indexRows } from './index-rows.ts';
import { integerRows } from './integer-rows.ts';
import { productRows } from './product-rows.ts';
import { reduceRows } from './reduction-rows.ts';
import type { Row } from './row.ts';
import { unaryRows } from './unary-rows.ts';

export type { Make, Row } from './row.ts';

export const nanTable: readonly Row[] = [
  ...unaryRows,
  ...binaryRows,
  ...reduceRows,
  ...productRows,
  ...indexRows,
  ...integerRows,
];
