/** A reduction as checks: the search, the neighbour, the script. */

import type { ReducedRecord } from '@nanscope/record';
import { scriptWords, searchWords } from '@nanscope/words';
import { type Check, check, skipped, timed } from '../../words/check.ts';

export function reducedChecks(record: ReducedRecord): Check[] {
  const { search, passing, script } = record;
  return [
    timed(
      check('search', 'no single further step shows the fault', search.minimal, searchWords(record)),
      search.seconds,
    ),
    passing
      ? check('search', 'a neighbour passes', true, passing.difference)
      : skipped('search', 'a neighbour passes', 'every neighbour that could be computed shows a fault'),
    script?.failing === 1
      ? check('script', 'reproduce.mjs shows the fault alone', true, scriptWords(record))
      : skipped('script', 'reproduce.mjs shows the fault alone', scriptWords(record)),
  ];
}
