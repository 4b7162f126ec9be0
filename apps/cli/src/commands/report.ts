/** `nanscope report RUN`: the reports of a run that was made before, here or elsewhere. */

import { readConfigFile, reportFlags, resolveFlags, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { type ReportFlags, reportsOf } from '../reports/index.ts';

export const reportCommand: Command = {
  name: 'report',
  describe: 'make the reports of a run again: RUN is its folder, or a file that --json wrote',
  positionals: ['RUN'],
  flags: reportFlags,
  async run({ flags, config: path, positionals }) {
    const file = path === undefined ? undefined : { path, values: await readConfigFile(path, reportFlags) };
    const config = toConfig<ReportFlags>(resolveFlags(reportFlags, flags, file));
    const { record, folder } = (await harness()).readRecord(positionals[0]!);
    const report = await reportsOf(config, folder !== undefined);
    await report(record, folder);
    return 0;
  },
};
