/** Everything a visitor can have got wrong about model and text, found before a lane starts. */
import { type CheckedInputs, checkBatches, checkMaxLength, checkSettings } from '@nanscope/harness';
import { configOf, evalBatches, loadTokenizer, textRows } from './inputs.ts';
import type { Tasks } from './tasks.ts';

/** @throws {UserError} for the first thing that is wrong */
export async function check({ config, files }: Tasks['check']['given']): Promise<CheckedInputs> {
  checkSettings(config);
  const model = await configOf(config, files);
  checkMaxLength(config, model);
  const tokenizer = await loadTokenizer(config, files);
  return checkBatches(config, {
    rows: textRows(config, files),
    batches: evalBatches(config, files, tokenizer, model),
    every: tokenizer.vocabSize > model.vocabulary,
  });
}
