/** `nanscope report RUN`: the reports of a run that was made before, here or elsewhere. */
import { readConfigFile, readSubject, reportFlags, resolveFlags, toConfig } from '@nanscope/harness';
import type { Command } from '../command.ts';
import { reportsOf } from '../reports/index.ts';

export const reportCommand: Command = {
  name: 'report',
  describe: 'make the reports of a run again: RUN is its folder, or a file that --json wrote',
  positionals: ['RUN'],
  flags: reportFlags,
  async run({ flags, config: path, positionals }) {
    const file = path === undefined ? undefined : { path, values: await readConfigFile(path, reportFlags) };
    const config = toConfig<Parameters<typeof reportsOf>[0]>(resolveFlags(reportFlags, flags, file));
    const { folder, ...subject } = await readSubject(positionals[0]!);
    reportsOf(config, folder !== undefined)(subject, folder);
    return 0;
  },
};
