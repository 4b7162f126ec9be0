/** `nanscope selftest --detector`: does the detector see, place and name the faults that are put before it? */
import {
  readConfigFile,
  resolveFlags,
  type SelftestConfig,
  selftest,
  selftestFlags,
  toConfig,
} from '@nanscope/harness';
import { CellProgress } from '../cell-progress.ts';
import type { Command } from '../command.ts';
import { interruption } from '../interruption.ts';
import { reportsOf } from '../reports/index.ts';

export const selftestCommand: Command = {
  name: 'selftest',
  describe: 'put the detector of NaN to the test: faults of known place and kind, and runs without any',
  flags: selftestFlags,
  async run({ flags, config: path, command }) {
    const file = path === undefined ? undefined : { path, values: await readConfigFile(path, selftestFlags) };
    const config = toConfig<SelftestConfig>(resolveFlags(selftestFlags, flags, file));
    const report = reportsOf(config, false);
    const progress = new CellProgress(process.stderr, process.env, 'trials');
    const interrupted = interruption();
    const result = await selftest(config, command, {
      onStage: (what) => progress.stage(what),
      onProgress: (device, run, asked) => progress.cells(device, run, asked),
      signal: interrupted.signal,
    }).finally(() => {
      progress.end();
      interrupted.end();
    });
    if (!result) return 130;
    await report(result);
    return result.verdict.exitCode;
  },
};
