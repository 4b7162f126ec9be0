/** A generation from start to end, in its own process: open the backend, load the model, continue batch after batch. */
import { readableText, type Tokenizer } from '@nanscope/collator';
import { type CausalLM, generate, leftPad } from '@nanscope/model';
import { loadTokenizerFor } from '../data/inputs.ts';
import { loadModel } from '../data/model.ts';
import type { LaneMessage } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';
import { type Prompt, promptIds } from './prompts.ts';
import { type Continuation, type ContinuationMessage, type GenerateTask, generateOptions } from './task.ts';

/**
 * @param first Place of the first prompt among all, which also picks a row's random numbers.
 * @param pulse Called at every step: rows may take long, and silence counts as hanging.
 */
async function* continueBatch(
  model: CausalLM,
  tokenizer: Tokenizer,
  prompts: readonly Prompt[],
  first: number,
  { config, settings, decision, policy }: GenerateTask,
  pulse: (tokens: number) => void,
): AsyncGenerator<Continuation> {
  const implementation = decision.attention;
  const ids = prompts.map((prompt) => promptIds(prompt, tokenizer, model.config));
  const tokens: number[][] = prompts.map(() => []);
  const steps = generate(model, leftPad(ids, settings.padTokenId), {
    ...generateOptions(config, settings, { implementation, policy }),
    rowNumbers: prompts.map((_, place) => first + place),
  });
  for await (const { rows } of steps) {
    pulse(rows.filter((result) => 'token' in result).length);
    for (const result of rows) {
      const own = tokens[result.row]!;
      if ('token' in result) own.push(result.token);
      if (result.ended === undefined) continue;
      yield {
        row: first + result.row,
        prompt: prompts[result.row]!.text,
        text: readableText(tokenizer, result.ended === 'eos' ? own.slice(0, -1) : own),
        tokens: own,
        ended: result.ended,
        ...('classes' in result && { logits: result.classes }),
      };
    }
  }
}

export async function runGeneration(
  task: GenerateTask,
  say: (message: LaneMessage | ContinuationMessage) => void,
): Promise<void> {
  const { config, prompts } = task;
  const session = await openSession(task, say);
  const tokenizer = await loadTokenizerFor(config);
  const model = await loadModel(config, (what) => say({ kind: 'loading', what }));
  const total = Math.ceil(prompts.length / config.batchSize);
  let generated = 0;
  const started = performance.now();
  let said = started;
  for (let batch = 0; batch < total; batch++) {
    const pulse = (tokens: number) => {
      generated += tokens;
      const now = performance.now();
      if (now - said < 1000) return;
      said = now;
      say({ kind: 'progress', batches: batch, total, tokensPerSecond: (1000 * generated) / (now - started) });
    };
    const first = batch * config.batchSize;
    const some = prompts.slice(first, first + config.batchSize);
    for await (const continuation of continueBatch(model, tokenizer, some, first, task, pulse)) {
      say({ kind: 'continuation', continuation });
    }
  }
  model.dispose();
  await session.dispose();
}
