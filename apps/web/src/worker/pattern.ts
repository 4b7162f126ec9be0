/** The attention pattern of one head over one row of the first batch, on the device of a lane. */
import { type AttentionPattern, attentionPattern, computationOf } from '@nanscope/lane';
import { evalBatches, loadModel, loadTokenizer } from './inputs.ts';
import { openSession } from './session.ts';
import type { Say, Tasks } from './tasks.ts';

export async function pattern(
  { config, files, decision, policy, ...which }: Tasks['pattern']['given'],
  say: Say,
): Promise<AttentionPattern> {
  const session = await openSession(decision, say);
  const tokenizer = await loadTokenizer(config, files);
  const model = await loadModel(config, files);
  for await (const { batch } of evalBatches(config, files, tokenizer, model.config)) {
    const seen = await attentionPattern(computationOf({ config, decision, policy }, model), batch, which);
    model.dispose();
    await session.dispose();
    return seen;
  }
  throw new Error('There is no batch.');
}
