/** `nanscope conform`: an attention implementation on a device under the conformance suite, verdict to standard output. */

import { type ConformConfig, conformFlags, readSettings, toConformConfig } from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { configWords } from '../config-words.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';
import { watched } from '../watched.ts';

async function configOf({ flags, config }: Invocation): Promise<ConformConfig> {
  return toConformConfig(await readSettings(conformFlags, flags, config));
}

export const conformCommand: Command = {
  name: 'conform',
  describe: 'run the attention conformance suite on a device, and your own test vectors if you give some',
  flags: conformFlags,
  examples: [
    ['nanscope conform --device wasm', 'test attention on WebAssembly'],
    ['nanscope conform --backend ./my-backend.js --device my-backend', 'test a backend of your own'],
    ['nanscope conform --vectors ./vectors --bail', 'add test vectors, and stop at the first failure'],
  ],
  docs: 'conform.md',
  async run(invocation) {
    const config = await configOf(invocation);
    const report = await reportsOf(config, false);
    const result = await watched(configWords(config, conformFlags), 'cases', async (hooks) =>
      (await harness()).conform(config, invocation.command, hooks),
    );
    if (!result) return 130;
    for (const line of result.badVectors) process.stderr.write(`nanscope: ${line}\n`);
    await report(result);
    return result.verdict.exitCode;
  },
};
