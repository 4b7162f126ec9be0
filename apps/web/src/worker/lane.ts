/** A lane from start to end, in its own worker: open the backend, load the model and the text, evaluate. Its records go to the page as they come. */
import { sourceWords } from '@nanscope/collator';
import { collateOptions, evaluateLane } from '@nanscope/lane';
import { textSink } from '@nanscope/record';
import { environmentOf } from './environment.ts';
import { evalBatches, loadModel, loadTokenizer } from './inputs.ts';
import { openSession } from './session.ts';
import type { Say, Tasks } from './tasks.ts';

export async function runLane(
  { config, files, role, decision, policy, batches, cut }: Tasks['lane']['given'],
  say: Say,
): Promise<undefined> {
  const session = await openSession(decision, say);
  const tokenizer = await loadTokenizer(config, files);
  say({ kind: 'loading', what: `loading ${config.model}` });
  const model = await loadModel(config, files);
  await evaluateLane({
    task: { role, config, decision, policy, batches, ...(cut && { cut }) },
    session,
    model,
    tokenizer,
    environment: environmentOf(session.facts.version),
    source: sourceWords(config.data, config.textField),
    batches: evalBatches(config, files, tokenizer, model.config),
    collation: collateOptions(config, tokenizer, model.config),
    sink: textSink((name, text, how) => say({ kind: 'file', name, text, how })),
    say,
  });
  model.dispose();
  await session.dispose();
}
