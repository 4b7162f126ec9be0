/** `nanscope report RUN`: the reports of a run that was made before, here or elsewhere. */

import { readSettings, reportFlags, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { type ReportFlags, reportsOf } from '../reports/index.ts';

export const reportCommand: Command = {
  name: 'report',
  describe: 'make the reports of an earlier run again; RUN is its folder, or a file that --json wrote',
  positionals: ['RUN'],
  flags: reportFlags,
  examples: [
    ['nanscope report runs/mine', 'print the report'],
    ['nanscope report runs/mine --reporter html=report.html', 'write it as one HTML file'],
    ['nanscope report runs/mine --reporter junit=junit.xml', 'write it for a CI system'],
  ],
  docs: 'output.md',
  async run({ flags, config: path, positionals }) {
    const config = toConfig<ReportFlags>(await readSettings(reportFlags, flags, path));
    const { record, folder } = (await harness()).readRecord(positionals[0]!);
    const report = await reportsOf(config, folder !== undefined);
    await report(record, folder);
    return 0;
  },
};
