/** `nanscope merge RUN..`: shards of a matrix, or runs of it on several machines, as one table. */
import { mergeFlags, mergeMatrices, readConfigFile, resolveFlags } from '@nanscope/harness';
import { renderJson, renderMatrix, terminalStyle } from '@nanscope/report';
import type { Command } from '../command.ts';

export const mergeCommand: Command = {
  name: 'merge',
  describe:
    'join the shards of a matrix, or runs of it on several machines, and verify that nothing is missing',
  positionals: ['RUN..'],
  flags: mergeFlags,
  async run({ flags, config: path, positionals, command }) {
    const file = path === undefined ? undefined : { path, values: await readConfigFile(path, mergeFlags) };
    const { out, json } = resolveFlags(mergeFlags, flags, file);
    const result = mergeMatrices(positionals, out === undefined ? undefined : String(out), command);
    const style = terminalStyle(process.env, process.stdout.isTTY === true, process.stdout.columns);
    process.stdout.write(json ? renderJson(result) : renderMatrix(result, style));
    return result.status === 'complete' && result.asPredicted === result.cells ? 0 : 1;
  },
};
