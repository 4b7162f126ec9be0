/** What was replayed when the lanes diverged, as checks: does a lane repeat itself, and which op is to blame? */
import type { ComparisonRecord } from '@nanscope/record';
import { type Check, check, failedAs } from '../words/check.ts';
import { keyWords } from '../words/common.ts';
import { replaysWords, stepWords } from '../words/shadow.ts';

export function replayChecks({ replays, shadow }: ComparisonRecord): Check[] {
  const repeated = (replays?.lanes ?? []).map((lane) =>
    failedAs(
      `the ${lane.role} does not repeat itself`,
      check(
        'replay',
        `the ${lane.role} repeats itself`,
        lane.changed === 0,
        replaysWords(lane, replays!.times),
      ),
    ),
  );
  const last = shadow?.steps.at(-1);
  if (!shadow || !last) return repeated;
  const found = `${last.judgement}: ${stepWords(last)}; ${shadow.end}`;
  const own = last.judgement === 'own' || last.judgement === 'both';
  const name = `${keyWords(last.key)} gives the same on both lanes with equal inputs`;
  return [
    ...repeated,
    own
      ? failedAs(
          `${keyWords(last.key)} differs between the lanes with equal inputs`,
          check('replay', name, false, found, 'differ'),
        )
      : { group: 'replay', name: 'shadow replay blames an op', status: 'skip', message: found },
  ];
}
