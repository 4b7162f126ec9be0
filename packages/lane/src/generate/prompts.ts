/** The prompts of a generation: from --prompt, from --data, or the start token alone. */
import { readTexts, type Tokenizer } from '@nanscope/collator';
import { UserError } from '@nanscope/errors';
import { type ModelConfig, positionLimit } from '@nanscope/model';
import type { GenerateConfig } from '@nanscope/settings';

export interface Prompt {
  readonly text: string;
  /** For messages: `--prompt 2`, `stories.txt:7`. */
  readonly origin: string;
}

/** @throws {UserError} what reading --data throws */
export async function readPrompts({ prompt, data, textField, limit }: GenerateConfig): Promise<Prompt[]> {
  const prompts: Prompt[] = (prompt ?? []).map((text, i) => ({ text, origin: `--prompt ${i + 1}` }));
  if (data === undefined) return prompts.length > 0 ? prompts : [{ text: '', origin: 'the empty prompt' }];
  let rows = 0;
  for await (const { text, source, line } of readTexts({ path: data, ...(textField ? { textField } : {}) })) {
    prompts.push({ text, origin: `${source}:${line}` });
    rows++;
    if (rows === limit) break;
  }
  return prompts;
}

/**
 * The ids of a prompt; of an empty one the tokenizer's start token, as GPT-2's own code begins.
 *
 * @throws {UserError} `generate/no-start-token`, `generate/prompt-too-long`
 */
export function promptIds({ text, origin }: Prompt, tokenizer: Tokenizer, model: ModelConfig): number[] {
  const ids = tokenizer.encode(text);
  const start = tokenizer.bosTokenId ?? tokenizer.eosTokenId;
  if (ids.length === 0 && start === undefined) {
    throw new UserError(
      'generate/no-start-token',
      `${origin}: expected a text, found none, and the tokenizer ${tokenizer.name} has no start token. Give --prompt TEXT.`,
    );
  }
  if (ids.length > positionLimit(model)) {
    throw new UserError(
      'generate/prompt-too-long',
      `${origin}: expected at most ${model.maxPositions} tokens, the positions of the model (${model.positionsKey}), found ${ids.length}. Shorten it.`,
    );
  }
  return ids.length === 0 ? [start!] : ids;
}
