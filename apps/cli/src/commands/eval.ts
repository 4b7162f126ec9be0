/** `nanscope eval`: the main job. Flags in, progress to standard error, the result to standard output. */
import { evalFlags, evaluate, readConfigFile, resolveFlags, toEvalConfig } from '@nanscope/harness';
import { renderJson, renderTerminal, terminalStyle } from '@nanscope/report';
import type { Command, Invocation } from '../command.ts';
import { configWords } from '../config-words.ts';
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
    const result = await watched(configWords(config), 'batches', (hooks) =>
      evaluate(config, invocation.command, hooks),
    );
    const style = terminalStyle(process.env, process.stdout.isTTY === true, process.stdout.columns);
    process.stdout.write(config.json ? `${renderJson(result)}\n` : renderTerminal(result, style));
    return result.verdict.exitCode;
  },
};
