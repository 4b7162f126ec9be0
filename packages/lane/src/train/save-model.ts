/** `--save` at the end of a run: the best weights there are, with tokenizer and model card, as a folder that `--model` takes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Tokenizer, tokenizerFiles } from '@nanscope/collator';
import { type CausalLM, saveCausalLM } from '@nanscope/model';
import { readCheckpoint, weightsAreFinite } from '@nanscope/trainer';
import { GENERATION_FILE, generationText } from '../generate/settings.ts';
import { loadWeights } from './checkpoints.ts';
import { mayReplace } from './model-card.ts';

export interface SaveRequest {
  readonly directory: string;
  readonly tokenizer: Tokenizer;
  /** As `--model` named it: how to generate with it is kept. */
  readonly model: string;
  /** Content of README.md, unless somebody's own is there. */
  readonly card: string;
  /** Folder of the best checkpoint; without validation there is none. */
  readonly best: string | undefined;
  /** Folder of the last checkpoint, which is finite. */
  readonly last: string | undefined;
}

/**
 * Saves the best checkpoint, without one the weights as they are, and where those are not finite the last good ones.
 *
 * @returns Whether there was something finite to save.
 */
export async function saveModel(
  model: CausalLM,
  { directory, tokenizer, model: name, card, best, last }: SaveRequest,
): Promise<boolean> {
  const source = best ?? ((await weightsAreFinite(model)) ? 'as they are' : last);
  if (source === undefined) return false;
  if (source !== 'as they are') loadWeights(model, (await readCheckpoint(source)).weights);
  const readme = await readFile(join(directory, 'README.md'), 'utf8').catch(() => undefined);
  const generation = await generationText(name);
  const files = {
    ...(await tokenizerFiles(tokenizer)),
    ...(generation !== undefined && { [GENERATION_FILE]: generation }),
  };
  await saveCausalLM(directory, model, {
    files: mayReplace(readme) ? { ...files, 'README.md': card } : files,
  });
  return true;
}
