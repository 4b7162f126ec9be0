/** The two sentences of a verdict on a conformance run, made of its decision. Nothing is decided here. */
import type { ConformResultRecord, ConformVerdictRecord } from '@nanscope/record';
import { count, counted } from '../number.ts';
import { oneCaseCommand } from '../paste.ts';

export interface ConformDecision extends Pick<ConformVerdictRecord, 'code' | 'exitCode'> {
  readonly counts: ConformResultRecord['counts'];
  readonly badVectors: number;
  readonly outcome: Pick<ConformResultRecord, 'status' | 'failure'>;
  /** The case to look at first: the one that was running when the lane ended, or the first that failed. */
  readonly first?: string | undefined;
}

/** `3 of 4 cases passed, 1 failed, 0 refused`, and what was not run. */
function conformCountWords({ counts, outcome }: Pick<ConformDecision, 'counts' | 'outcome'>): string {
  const { cases, pass, fail, refused, notRun } = counts;
  const why = outcome.status === 'complete' ? ' (--bail)' : '';
  const rest = notRun > 0 ? `, ${count(notRun)} not run${why}` : '';
  return `${count(pass)} of ${counted(cases, 'case')} passed, ${count(fail)} failed, ${count(refused)} refused${rest}.`;
}

/** @param command the run's, of which one case is to be run alone */
export function wordConform(decision: ConformDecision, command: string): ConformVerdictRecord {
  const { code, exitCode, badVectors, outcome, first } = decision;
  const counts = conformCountWords(decision);
  const alone = (words: string) => (first === undefined ? '' : `${words}: ${oneCaseCommand(command, first)}`);
  const words: Record<ConformDecision['code'], readonly [sentence: string, next: string]> = {
    conforms: [counts, ''],
    interrupted: [`Interrupted: ${counts}`, ''],
    'cases-failed': [counts, alone('Run the first failed case alone')],
    'bad-vectors': [
      `${counted(badVectors, 'vector')} could not be read; ${counts}`,
      'Fix or remove the files that standard error names, one per line.',
    ],
    'nothing-compared': [
      `Every case was refused, so nothing was compared; ${counts}`,
      'Choose other cases with --filter, or another implementation with --attn.',
    ],
    'lane-failed': [
      `The device ${outcome.status} (${outcome.failure ?? 'no reason given'}); ${counts}`,
      alone(`It was running ${first}; run that case alone`),
    ],
  };
  const [sentence, next] = words[code];
  return { code, exitCode, sentence, next };
}
