/** What the doctor found as checks: each backend, and each part of its self-test. */
import { backendName, type DoctorRecord } from '@nanscope/record';
import { type Check, check, skipped, timed } from '../../words/check.ts';

/** How a device computes is a finding; whether nanscope works on it is a check. */
export function doctorChecks({ backends }: DoctorRecord): Check[] {
  return backends.flatMap(({ id, status, reason = '', selfTest, seconds }) =>
    status === 'absent'
      ? [skipped('backends', `${backendName(id)} opens`, reason)]
      : [
          timed(check('backends', `${backendName(id)} opens`, status === 'opens', reason), seconds),
          ...selfTest.map(({ name, passed, detail }) =>
            check('self-test', `${backendName(id)}: ${name}`, passed, detail),
          ),
        ],
  );
}
