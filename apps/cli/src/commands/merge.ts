/** `nanscope merge RUN..`: shards of a matrix, or runs of it on several machines, as one table. */

import { mergeFlags, readSettings, toConfig } from '@nanscope/settings';
import { verdictOf } from '@nanscope/words';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { type ReportFlags, reportsOf } from '../reports/index.ts';

export const mergeCommand: Command = {
  name: 'merge',
  describe:
    'join the shards of a matrix, or runs of it on several machines, and check that nothing is missing',
  positionals: ['RUN..'],
  flags: mergeFlags,
  examples: [
    ['nanscope merge runs/part-1 runs/part-2', 'join two shards'],
    ['nanscope merge runs/part-1 runs/part-2 --out runs/all', 'join them into this folder'],
    ['nanscope merge runs/mac runs/linux --reporter html=table.html', 'put two machines into one table'],
  ],
  docs: 'many-machines.md',
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
