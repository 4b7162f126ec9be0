/** `nanscope matrix`: the factorial of conditions, and the minimal sets of them that are enough for a NaN or a leak. */
import { matrixConfig, matrixFlags, readConfigFile, resolveFlags, runMatrix } from '@nanscope/harness';
import { renderJson, renderMatrix, terminalStyle } from '@nanscope/report';
import { CellProgress } from '../cell-progress.ts';
import type { Command } from '../command.ts';
import { interruption } from '../interruption.ts';

export const matrixCommand: Command = {
  name: 'matrix',
  describe:
    'combine every condition that is said to matter, and derive the minimal sets that are enough for a NaN or a leak',
  flags: matrixFlags,
  async run({ flags, config: path, command }) {
    const file = path === undefined ? undefined : { path, values: await readConfigFile(path, matrixFlags) };
    const config = matrixConfig(resolveFlags(matrixFlags, flags, file));
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
    const style = terminalStyle(process.env, process.stdout.isTTY === true, process.stdout.columns);
    process.stdout.write(config.json ? renderJson(result) : renderMatrix(result, style));
    if (result.devices.some(({ status }) => status === 'interrupted')) return 130;
    return result.status === 'complete' && result.asPredicted === result.cells ? 0 : 1;
  },
};
