/** `nanscope eval`: the main job. Flags in, progress to standard error, the result to standard output. */
import { evalFlags, evaluate, readConfigFile, resolveFlags, toEvalConfig } from '@nanscope/harness';
import type { Command, Invocation } from '../command.ts';
import { configWords } from '../config-words.ts';
import { reportsOf } from '../reports/index.ts';
import { watched } from '../watched.ts';

async function configOf({ flags, config }: Invocation) {
  const file =
    config === undefined ? undefined : { path: config, values: await readConfigFile(config, evalFlags) };
  return toEvalConfig(resolveFlags(evalFlags, flags, file));
}

export const evalCommand: Command = {
  name: 'eval',
  describe: 'evaluate a model on two devices side by side and compare the NaN cascades',
  flags: evalFlags,
  async run(invocation) {
    const config = await configOf(invocation);
    const report = reportsOf(config, true);
    const result = await watched(configWords(config), 'batches', (hooks) =>
      evaluate(config, invocation.command, hooks),
    );
    await report(result, result.folder);
    return result.verdict.exitCode;
  },
};
