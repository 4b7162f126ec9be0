/** `nanscope matrix`: the factorial of conditions, and the minimal sets of them that are enough for a NaN or a leak. */
import { matrixConfig, matrixFlags, readConfigFile, resolveFlags, runMatrix } from '@nanscope/harness';
import { verdictOf } from '@nanscope/report';
import { CellProgress } from '../cell-progress.ts';
import type { Command } from '../command.ts';
import { interruption } from '../interruption.ts';
import { reportsOf } from '../reports/index.ts';

export const matrixCommand: Command = {
  name: 'matrix',
  describe:
    'combine every condition that is said to matter, and derive the minimal sets that are enough for a NaN or a leak',
  flags: matrixFlags,
  async run({ flags, config: path, command }) {
    const file = path === undefined ? undefined : { path, values: await readConfigFile(path, matrixFlags) };
    const config = matrixConfig(resolveFlags(matrixFlags, flags, file));
    const report = reportsOf(config, true);
    const progress = new CellProgress(process.stderr, process.env);
    const interrupted = interruption();
    const result = await runMatrix(config, command, {
      onStage: (what) => progress.stage(what),
      onProgress: (device, observed, asked) => progress.cells(device, observed, asked),
      signal: interrupted.signal,
    }).finally(() => {
      progress.end();
      interrupted.end();
    });
    if (!result) return 130;
    await report(result, result.folder);
    return verdictOf(result).exitCode;
  },
};
