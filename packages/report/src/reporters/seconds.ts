/** How long a run took by its own record, in seconds: of lanes that ran side by side, the slower one. */
import type { AnyRecord } from '../schema/any.ts';

const finite = (seconds: number | undefined): number =>
  seconds !== undefined && Number.isFinite(seconds) ? seconds : 0;

export function secondsOf(record: AnyRecord): number {
  switch (record.kind) {
    case 'matrix':
    case 'selftest':
      return record.devices.reduce((sum, { seconds }) => sum + finite(seconds), 0);
    case 'doctor':
      return record.backends.reduce((most, { seconds }) => Math.max(most, finite(seconds)), 0);
    case 'conform':
      return finite(record.seconds);
    case 'reduce':
      return finite(record.search.seconds);
    case 'claims':
      return 0;
    case 'train':
      return Math.max(finite(record.target?.training.seconds), finite(record.reference?.training.seconds));
    default:
      return Math.max(finite(record.target?.metrics?.seconds), finite(record.reference?.metrics?.seconds));
  }
}
