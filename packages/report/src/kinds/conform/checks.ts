/** A conformance run as checks: each case, each vector file that could not be read. */
import type { ConformResultRecord } from '@nanscope/record';
import { count, tolerance } from '@nanscope/words';
import { type Check, check, skipped, timed } from '../../words/check.ts';

export function conformChecks({ cases, badVectors, counts }: ConformResultRecord): Check[] {
  return [
    ...cases.map(({ id, status, reason, required, allowed, seconds }): Check => {
      const group = id.split(':', 1)[0]!;
      if (status === 'refused') return skipped(group, id, reason ?? 'refused');
      const figures = `required ${tolerance(required)}, allowed ${tolerance(allowed)}`;
      const found = reason === undefined ? figures : `${reason}; ${figures}`;
      return timed(check(group, id, status === 'pass', found), seconds);
    }),
    ...badVectors.map((line) => check('vectors', line, false, 'could not be read')),
    ...(counts.notRun > 0
      ? [check('lanes', 'every case is run', false, `${count(counts.notRun)} were not reached`)]
      : []),
  ];
}
