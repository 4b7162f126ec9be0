/** `nanscope doctor`: what this machine offers, as a block to paste into a report. */
import { diagnose, doctorFlags, renderDiagnosis, resolveFlags } from '@nanscope/harness';
import { stringifyExact } from '@nanscope/report';
import type { Command } from '../command.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  describe: 'what this machine offers: versions, adapters, backends, and why a backend is missing',
  flags: doctorFlags,
  async run({ flags }) {
    const values = resolveFlags(doctorFlags, flags, undefined);
    const diagnosis = await diagnose(typeof values.backend === 'string' ? values.backend : undefined);
    process.stdout.write(values.json ? `${stringifyExact(diagnosis, 2)}\n` : renderDiagnosis(diagnosis));
    return 0;
  },
};
