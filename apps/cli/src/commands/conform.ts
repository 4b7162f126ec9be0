/** `nanscope conform`: an attention implementation on a device under the conformance suite, verdict to standard output. */

import { type ConformConfig, conformFlags, readSettings, toConfig } from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { configWords } from '../config-words.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';
import { watched } from '../watched.ts';

async function configOf({ flags, config }: Invocation): Promise<ConformConfig> {
  return toConfig<ConformConfig>(await readSettings(conformFlags, flags, config));
}

export const conformCommand: Command = {
  name: 'conform',
  describe: 'put the attention of a device under a conformance suite, with your own test vectors as well',
  flags: conformFlags,
  async run(invocation) {
    const config = await configOf(invocation);
    const report = await reportsOf(config, false);
    const result = await watched(configWords(config), 'cases', async (hooks) =>
      (await harness()).conform(config, invocation.command, hooks),
    );
    if (!result) return 130;
    for (const line of result.badVectors) process.stderr.write(`nanscope: ${line}\n`);
    await report(result);
    return result.verdict.exitCode;
  },
};
