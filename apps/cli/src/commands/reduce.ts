/** `nanscope reduce RUN`: the smallest case that fails as a run failed, as a folder to send. */

import { type ReduceConfig, readSettings, reduceFlags, toConfig } from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { harness } from '../harness.ts';
import { ReduceProgress } from '../progress.ts';
import { reportsOf } from '../reports/index.ts';
import { interruption } from '../watched.ts';

async function configOf({ flags, config }: Invocation): Promise<ReduceConfig> {
  return toConfig<ReduceConfig>(await readSettings(reduceFlags, flags, config));
}

export const reduceCommand: Command = {
  name: 'reduce',
  describe: 'reduce a failing run of eval to the smallest case that fails in the same way',
  positionals: ['RUN'],
  flags: reduceFlags,
  examples: [
    ['nanscope reduce runs/mine', 'write the smallest case to runs/mine/reduced'],
    ['nanscope reduce runs/mine --budget 300', 'search for up to five minutes'],
    ['nanscope reduce runs/mine --out ./case', 'write it to another folder'],
  ],
  docs: 'reduce.md',
  async run(invocation) {
    const config = await configOf(invocation);
    const report = await reportsOf(config, true);
    const progress = new ReduceProgress(process.stderr, process.env);
    const interrupted = interruption();
    const { reduceRun } = await harness();
    const result = await reduceRun(invocation.positionals[0]!, config, invocation.command, {
      onStage: (what) => progress.stage(what),
      onStep: (tried, facts) => progress.step(tried, facts),
      signal: interrupted.signal,
    }).finally(() => {
      progress.end();
      interrupted.end();
    });
    if (!result) return 130;
    await report(result, result.folder);
    return result.verdict.exitCode;
  },
};
