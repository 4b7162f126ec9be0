/** The two sentences of a verdict on a self-test of the detector. Nothing is decided here. */
import type { SelftestDevice, SelftestVerdict } from '@nanscope/record';
import { count, counted } from '../number.ts';

const percent = (part: number, whole: number) =>
  whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;

function scoreWords({ name, faults, falseAlarms }: SelftestDevice): string {
  const { trials, seen, originRight, mechanismRight } = faults;
  return `${name}: of ${count(trials)} faults ${percent(seen, trials)} seen, ${percent(originRight, trials)} placed, ${percent(mechanismRight, trials)} named, ${counted(falseAlarms, 'false alarm')}.`;
}

export function wordSelftest(
  { code, exitCode }: Pick<SelftestVerdict, 'code' | 'exitCode'>,
  devices: readonly SelftestDevice[],
): SelftestVerdict {
  const scores = devices.map(scoreWords).join(' ');
  const failed = devices.find(({ status }) => status !== 'complete');
  const words: Record<SelftestVerdict['code'], readonly [sentence: string, next: string]> = {
    'detector-meets-bar': [scores, ''],
    interrupted: [`Interrupted. ${scores}`, ''],
    'lane-failed': [
      `The device ${failed?.name} ${failed?.status} (${failed?.failure ?? 'no reason given'}). ${scores}`,
      'Run it alone with --device.',
    ],
    'detector-below-bar': [
      scores,
      'The trials that went wrong stand above, with what was expected; --json has more of them.',
    ],
  };
  const [sentence, next] = words[code];
  return { code, exitCode, sentence, next };
}
