/** `nanscope selftest --detector`: does the detector see, place and name the faults that are put before it? */

import type { SelftestConfig } from '@nanscope/harness';
import { readSettings, selftestFlags, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';
import { watchedCells } from '../watched.ts';

export const selftestCommand: Command = {
  name: 'selftest',
  describe: 'test the NaN detector: faults of known place and kind, and runs without any',
  flags: selftestFlags,
  examples: [
    ['nanscope selftest --detector', 'test the detector on WebAssembly'],
    ['nanscope selftest --detector --share 0.1', 'inject a tenth of the faults'],
    ['nanscope selftest --detector --device wasm,gpu', 'test it on two devices'],
  ],
  docs: 'mechanisms.md',
  async run({ flags, config: path, command }) {
    const config = toConfig<SelftestConfig>(await readSettings(selftestFlags, flags, path));
    const report = await reportsOf(config, false);
    const result = await watchedCells('trials', async (hooks) =>
      (await harness()).selftest(config, command, hooks),
    );
    if (!result) return 130;
    await report(result);
    return result.verdict.exitCode;
  },
};
