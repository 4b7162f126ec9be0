/** `nanscope eval`: the main job. Flags in, progress to standard error, the result to standard output. */
import {
  type EvalConfig,
  evalFlags,
  readConfigFile,
  readSettings,
  resolveFlags,
  toEvalConfig,
} from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { configWords } from '../config-words.ts';
import { withFailOn } from '../fail-on.ts';
import { harness } from '../harness.ts';
import { sayInputs } from '../input-words.ts';
import { reportsOf } from '../reports/index.ts';
import { watched } from '../watched.ts';

/** Flags beat the config file; a run that is continued has to stay what it was. */
async function configOf({ flags, config }: Invocation): Promise<EvalConfig> {
  const file = config === undefined ? {} : await readConfigFile(config, evalFlags);
  const folder = flags.resume ?? file.resume;
  if (typeof folder !== 'string') return toEvalConfig(await readSettings(evalFlags, flags, config));
  const earlier = { path: `${folder}/config.json`, values: (await harness()).resumedEvaluation(folder) };
  const values = { ...earlier.values, ...file };
  const asked = toEvalConfig(resolveFlags(evalFlags, flags, { path: config ?? earlier.path, values }));
  (await harness()).checkSameSettings(asked, toEvalConfig(resolveFlags(evalFlags, {}, earlier)));
  return asked;
}

export const evalCommand: Command = {
  name: 'eval',
  describe: 'evaluate a model on two devices side by side, and show where a NaN is born',
  flags: evalFlags,
  examples: [
    ['nanscope eval --limit 16', 'evaluate the bundled model on the best device here and on a CPU'],
    [
      'nanscope eval --model ./my-model --data rows.jsonl --text-field body',
      'the same with your own model and text',
    ],
    [
      'nanscope eval --policy torch-mps-2.8 --limit 8 --reporter html=report.html',
      'mask as PyTorch on Apple GPUs did, and write a page',
    ],
  ],
  docs: 'getting-started.md',
  async run(invocation) {
    const config = withFailOn(await configOf(invocation));
    const report = await reportsOf(config, true);
    const result = await watched(configWords(config, evalFlags), 'batches', async (hooks) => {
      sayInputs(config, hooks.onStage);
      return (await harness()).evaluate(config, invocation.command, hooks);
    });
    await report(result, result.folder);
    return result.verdict.exitCode;
  },
};
