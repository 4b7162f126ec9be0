/** A self-test of the detector as checks: what the bar asks of each device. */
import type { SelftestRecord } from '@nanscope/record';
import { count } from '@nanscope/words';
import { type Check, check, timed } from '../../words/check.ts';

export function selftestChecks({ devices, bar }: SelftestRecord): Check[] {
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return devices.flatMap(({ name, status, failure, faults, falseAlarms, wrong, seconds }) => {
    const of = (what: string, part: number, least: number) =>
      check(
        'detector',
        `${name}: faults ${what}`,
        faults.trials > 0 && share(part, faults.trials) >= least,
        `${count(part)} of ${count(faults.trials)}${wrong[0] === undefined ? '' : `, first wrong ${wrong[0].id}`}`,
      );
    return [
      timed(check('devices', `${name} completes`, status === 'complete', failure ?? status), seconds),
      of('seen', faults.seen, bar.seen),
      of('placed', faults.originRight, bar.origin),
      of('named', faults.mechanismRight, bar.mechanism),
      check('detector', `${name}: no false alarms`, falseAlarms <= bar.falseAlarms, count(falseAlarms)),
    ];
  });
}
