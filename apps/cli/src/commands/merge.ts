/** `nanscope merge RUN..`: shards of a matrix, or runs of it on several machines, as one table. */

import { verdictOf } from '@nanscope/report';
import { mergeFlags, readSettings, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { type ReportFlags, reportsOf } from '../reports/index.ts';

export const mergeCommand: Command = {
  name: 'merge',
  describe:
    'join the shards of a matrix, or runs of it on several machines, and verify that nothing is missing',
  positionals: ['RUN..'],
  flags: mergeFlags,
  async run({ flags, config: path, positionals, command }) {
    const config = toConfig<ReportFlags & { readonly out?: string }>(
      await readSettings(mergeFlags, flags, path),
    );
    const report = await reportsOf(config, true);
    const result = (await harness()).mergeMatrices(positionals, config.out, command);
    await report(result, result.folder);
    return verdictOf(result).exitCode;
  },
};
