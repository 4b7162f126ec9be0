/** `nanscope generate`: texts continued by a model. Continuations go to standard output as they end. */

import type { Continuation } from '@nanscope/lane';
import { type GenerateConfig, generateFlags, readSettings, toGenerateConfig } from '@nanscope/settings';
import type { Command, Invocation } from '../command.ts';
import { harness } from '../harness.ts';
import { sayInputs } from '../input-words.ts';
import { EvalProgress } from '../progress.ts';
import { continuationJson, continuationText, interruption, nonFiniteLine } from '../watched.ts';

async function configOf({ flags, config }: Invocation): Promise<GenerateConfig> {
  return toGenerateConfig(await readSettings(generateFlags, flags, config));
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
    const { evalCommand, generateTexts } = await harness();
    const progress = new EvalProgress(process.stderr, process.env);
    sayInputs(config, (line) => progress.stage(line));
    const interrupted = interruption();
    const many = config.data !== undefined || (config.prompt?.length ?? 0) > 1;
    const terminal = process.stdout.isTTY === true;
    let nonFinite = false;
    const show = (continuation: Continuation, together: readonly string[]) => {
      process.stdout.write(
        config.json ? continuationJson(continuation) : continuationText(continuation, { many, terminal }),
      );
      if (continuation.ended !== 'non-finite') return;
      nonFinite = true;
      progress.stage(nonFiniteLine(continuation, evalCommand(config, continuation, together)));
    };
    const outcome = await generateTexts(config, {
      onStage: (what) => progress.stage(what),
      onDecision: (decided) => progress.decision(decided),
      onMessage: (message) => {
        if (message.kind === 'loading') progress.stage(message.what);
      },
      onContinuation: show,
      signal: interrupted.signal,
    }).finally(() => {
      progress.end();
      interrupted.end();
    });
    if (outcome.status === 'interrupted') return 130;
    if (outcome.status !== 'complete') {
      process.stderr.write(`nanscope: ${outcome.status}: ${outcome.failure ?? ''}\n`);
      return 1;
    }
    return nonFinite ? 1 : 0;
  },
};
