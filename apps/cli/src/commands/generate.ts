/** `nanscope generate`: texts continued by a model. Continuations go to standard output as they end. */

import { type GenerateConfig, generateFlags, readSettings, toGenerateConfig } from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { harness } from '../harness.ts';
import { sayInputs } from '../input-words.ts';
import { EvalProgress } from '../progress.ts';
import { reportsOf } from '../reports/index.ts';
import { continuationJson, continuationText, interruption, nonFiniteLine } from '../watched.ts';

async function configOf({ flags, config }: Invocation): Promise<GenerateConfig> {
  return toGenerateConfig(await readSettings(generateFlags, flags, config));
}

/** @throws {UserError} `usage/reporter` for a report beside the lines of `--json` */
async function takesStdout({ reporter, json, out }: GenerateConfig): Promise<boolean> {
  const { planReports } = await import('../reports/plan.ts');
  planReports(reporter, json, out !== undefined);
  return planReports(reporter, false, out !== undefined).some(({ place }) => place.kind === 'stdout');
}

export const generateCommand: Command = {
  name: 'generate',
  describe: 'continue texts with a model; a row that meets a NaN is reported, never printed as a token',
  flags: generateFlags,
  examples: [
    ["nanscope generate --prompt 'The lane'", 'continue one text with the bundled model'],
    ['nanscope generate --data prompts.txt --json', 'continue every row of a file, one JSON object per row'],
    [
      'nanscope generate --model ./my-model --greedy --max-new-tokens 32',
      'take the most likely tokens of your model',
    ],
  ],
  docs: 'generate.md',
  async run(invocation) {
    const config = await configOf(invocation);
    const { json, out } = config;
    // The rows are the report, unless another one is to stand on standard output.
    const report = config.reporter && (await reportsOf({ ...config, json: false }, out !== undefined));
    const taken = config.reporter !== undefined && (await takesStdout(config));
    const { generateTexts } = await harness();
    const progress = new EvalProgress(process.stderr, process.env);
    sayInputs(config, (line) => progress.stage(line));
    const interrupted = interruption();
    const many = config.data !== undefined || (config.prompt?.length ?? 0) > 1;
    const terminal = process.stdout.isTTY === true;
    const result = await generateTexts(config, invocation.command, {
      onStage: (what) => progress.stage(what),
      onDecision: (decided) => progress.decision(decided),
      onMessage: (message) => {
        if (message.kind === 'loading') progress.stage(message.what);
      },
      onContinuation(continuation, evaluate) {
        if (!taken)
          process.stdout.write(
            json ? continuationJson(continuation) : continuationText(continuation, { many, terminal }),
          );
        if (evaluate !== undefined) progress.stage(nonFiniteLine(continuation, evaluate));
      },
      signal: interrupted.signal,
    }).finally(() => {
      progress.end();
      interrupted.end();
    });
    if (!result) return 130;
    const { status, failure = '', verdict } = result;
    if (status !== 'complete' && status !== 'interrupted')
      process.stderr.write(`nanscope: ${status}: ${failure}\n`);
    await report?.(result, out);
    return verdict.exitCode;
  },
};
