/** `nanscope train`: flags in, progress to standard error, the result to standard output. */
import { UserError } from '@nanscope/errors';
import {
  readConfigFile,
  readSettings,
  resolveFlags,
  type TrainConfig,
  toTrainConfig,
  trainFlags,
} from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { configWords } from '../config-words.ts';
import { withFailOn } from '../fail-on.ts';
import { harness } from '../harness.ts';
import { sayInputs } from '../input-words.ts';
import { reportsOf } from '../reports/index.ts';
import { watched } from '../watched.ts';

/** Flags beat the config file, which beats the configuration of a run that is continued, which beats the defaults. */
async function configOf({ flags, config }: Invocation): Promise<TrainConfig> {
  const file = config === undefined ? {} : await readConfigFile(config, trainFlags);
  const given = flags.resume ?? file.resume;
  if (typeof given !== 'string') return toTrainConfig(await readSettings(trainFlags, flags, config));
  const { resumedRun, resumedValues } = await harness();
  const { run, checkpoint } = resumedRun(given);
  const named = flags.checkpoint ?? file.checkpoint;
  if (checkpoint !== undefined && named !== undefined)
    throw new UserError(
      'usage/checkpoint',
      `--resume ${given} --checkpoint ${named}: expected one checkpoint, found two. Leave --checkpoint out.`,
    );
  const earlier = { ...resumedValues(run), ...(checkpoint !== undefined && { checkpoint }) };
  const path = config ?? `${run}/config.json`;
  const values = resolveFlags(trainFlags, flags, { path, values: { ...earlier, ...file } });
  return toTrainConfig({ ...values, resume: run });
}

export const trainCommand: Command = {
  name: 'train',
  describe: 'train a model on one device or on two, and trace a step that is not finite to its origin',
  flags: trainFlags,
  examples: [
    ['nanscope train --steps 100', 'train a tiny model on the built-in text'],
    [
      'nanscope train --model prose --data notes.txt --save ./tuned',
      'continue the bundled model on your text',
    ],
    ['nanscope train --reference wasm --steps 20', 'train on two devices and compare every step'],
  ],
  docs: 'training.md',
  async run(invocation) {
    const config = withFailOn(await configOf(invocation));
    const report = await reportsOf(config, true);
    const result = await watched(configWords(config, trainFlags), 'steps', async (hooks) => {
      sayInputs(config, hooks.onStage);
      return (await harness()).runTraining(config, invocation.command, hooks);
    });
    await report(result, result.folder);
    return result.verdict.exitCode;
  },
};
