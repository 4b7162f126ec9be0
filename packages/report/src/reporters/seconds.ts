/** How long a run took by its own record, in seconds: of lanes that ran side by side, the slower one. */

import type { AnyRecord } from '@nanscope/record';
import { kindOf } from '../kinds/index.ts';

const finite = (seconds: number | undefined): number =>
  seconds !== undefined && Number.isFinite(seconds) ? seconds : 0;

export function secondsOf(record: AnyRecord): number {
  const { together, seconds } = kindOf(record);
  const parts = seconds(record).map(finite);
  return together ? Math.max(0, ...parts) : parts.reduce((sum, part) => sum + part, 0);
}
