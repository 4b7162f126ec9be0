/** `nanscope compare A B`: two run folders, made here or elsewhere, compared as two lanes are. */

import type { ResultRecord, TrainResultRecord } from '@nanscope/record';
import { compareFlags, type EvalConfig, readSettings, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { withFailOn } from '../fail-on.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';

type CompareConfig = Pick<EvalConfig, 'json' | 'rtol' | 'atol' | 'reporter' | 'failOn'>;

export const compareCommand: Command = {
  name: 'compare',
  describe: 'compare two run folders; B is the reference',
  positionals: ['A', 'B'],
  flags: compareFlags,
  examples: [
    ['nanscope compare runs/mine runs/theirs', 'compare two runs of eval or train'],
    ['nanscope compare runs/mine runs/theirs --rtol 1e-3', 'allow larger differences'],
    ['nanscope compare runs/mine runs/theirs --fail-on nan,differ', 'fail on a NaN or on a difference'],
  ],
  docs: 'run-folders.md',
  async run({ flags, config: path, positionals, command }) {
    const config = withFailOn(toConfig<CompareConfig>(await readSettings(compareFlags, flags, path)));
    const { rtol, atol, failOn } = config;
    const report = await reportsOf(config, false);
    const [target, reference] = positionals as [string, string];
    const { compareRuns, compareTrainRuns, isTrainingRun } = await harness();
    const compare = isTrainingRun(target) || isTrainingRun(reference) ? compareTrainRuns : compareRuns;
    const record: ResultRecord | TrainResultRecord = await compare(
      target,
      reference,
      { rtol, atol },
      command,
      failOn,
    );
    await report(record);
    return record.verdict.exitCode;
  },
};
