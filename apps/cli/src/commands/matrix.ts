/** `nanscope matrix`: the factorial of conditions, and the minimal sets of them that are enough for a NaN or a leak. */

import { matrixFlags, readSettings } from '@nanscope/settings';
import { verdictOf } from '@nanscope/words';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';
import { watchedCells } from '../watched.ts';

export const matrixCommand: Command = {
  name: 'matrix',
  describe:
    'test every combination of the conditions that are said to matter, and derive the minimal sets that cause a NaN or a leak',
  flags: matrixFlags,
  examples: [
    ['nanscope matrix', 'run the default table on WebAssembly'],
    ['nanscope matrix --device wasm,gpu --out runs/table', 'run the same cells on two devices'],
    ['nanscope matrix --shard 1/4 --out runs/part-1', 'run one of four shards, for nanscope merge'],
  ],
  docs: 'matrix.md',
  async run({ flags, config: path, command }) {
    const config = (await harness()).matrixConfig(await readSettings(matrixFlags, flags, path));
    const report = await reportsOf(config, true);
    const result = await watchedCells('cells', async (hooks) =>
      (await harness()).runMatrix(config, command, hooks),
    );
    if (!result) return 130;
    await report(result, result.folder);
    return verdictOf(result).exitCode;
  },
};
