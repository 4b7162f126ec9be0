/** `nanscope compare A B`: two run folders, made here or elsewhere, compared as two lanes are. */

import type { ResultRecord, TrainResultRecord } from '@nanscope/record';
import { compareFlags, type EvalConfig, readConfigFile, resolveFlags, toConfig } from '@nanscope/settings';
import type { Command } from '../command.ts';
import { harness } from '../harness.ts';
import { reportsOf } from '../reports/index.ts';

type CompareConfig = Pick<EvalConfig, 'json' | 'rtol' | 'atol' | 'reporter'>;

export const compareCommand: Command = {
  name: 'compare',
  describe: 'compare two run folders: B is the reference',
  positionals: ['A', 'B'],
  flags: compareFlags,
  async run({ flags, config, positionals, command }) {
    const file =
      config === undefined ? undefined : { path: config, values: await readConfigFile(config, compareFlags) };
    const { json, rtol, atol, reporter } = toConfig<CompareConfig>(resolveFlags(compareFlags, flags, file));
    const report = await reportsOf({ json, ...(reporter && { reporter }) }, false);
    const [target, reference] = positionals as [string, string];
    const { compareRuns, compareTrainRuns, isTrainingRun } = await harness();
    const compare = isTrainingRun(target) || isTrainingRun(reference) ? compareTrainRuns : compareRuns;
    const record: ResultRecord | TrainResultRecord = await compare(
      target,
      reference,
      { rtol, atol },
      command,
    );
    await report(record);
    return record.verdict.exitCode;
  },
};
