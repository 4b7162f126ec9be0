/** A reduced kernel call as checks: the search, the neighbour, the script. */
import type { ReducedOpRecord } from '@nanscope/record';
import { opScriptWords, opSearchWords } from '@nanscope/words';
import { type Check, check, skipped, timed } from '../../words/check.ts';

export function opChecks(record: ReducedOpRecord): Check[] {
  const { search, passing, script } = record;
  return [
    timed(
      check('search', 'no single further step shows the fault', search.minimal, opSearchWords(record)),
      search.seconds,
    ),
    passing
      ? check('search', 'a neighbour is right', true, passing.difference)
      : skipped('search', 'a neighbour is right', 'every neighbour that could be computed is wrong as well'),
    script.failing === 1
      ? check(
          'script',
          `${script.name ?? 'reproduce.mjs'} shows the fault alone`,
          true,
          opScriptWords(record),
        )
      : skipped('script', `${script.name ?? 'reproduce.mjs'} shows the fault alone`, opScriptWords(record)),
  ];
}
