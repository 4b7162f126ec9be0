/** `nanscope doctor`: what this machine offers and whether it can be trusted, as a block to paste into an issue. */
import type { DoctorConfig } from '@nanscope/harness';
import { doctorFlags, readSettings, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { CellProgress } from '../progress.ts';
import { type ReportFlags, reportsOf } from '../reports/index.ts';
import { interruption } from '../watched.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  describe: 'show what this machine offers and how it computes: backends, adapters, NaN by bits, a self-test',
  flags: doctorFlags,
  examples: [
    ['nanscope doctor', 'look at every backend'],
    ['nanscope doctor --json', 'print the same as JSON'],
    ['nanscope doctor --backend ./my-backend.js', 'look at a backend of your own as well'],
  ],
  docs: 'doctor.md',
  async run({ flags, config: path, command }) {
    const config = toConfig<ReportFlags & DoctorConfig>(await readSettings(doctorFlags, flags, path));
    const report = await reportsOf(config, false);
    const progress = new CellProgress(process.stderr, process.env);
    const interrupted = interruption();
    const { diagnose } = await harness();
    const record = await diagnose(config, command, {
      onStage: (what) => progress.stage(what),
      signal: interrupted.signal,
    }).finally(() => {
      progress.end();
      interrupted.end();
    });
    await report(record);
    return record.verdict.exitCode;
  },
};
