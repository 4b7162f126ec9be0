/** A lane that is open for questions about one batch: replays of it, and of single ops with the inputs of the other lane. */
import { answerQuestions, computationOf, type Question } from '@nanscope/lane';
import { evalBatches, loadModel, loadTokenizer } from './inputs.ts';
import { openSession } from './session.ts';
import type { Say, Tasks } from './tasks.ts';

function listen(hear: (message: Question | { readonly kind: 'stop' }) => void): () => void {
  const listener = ({ data }: MessageEvent<Question | { readonly kind: 'stop' }>) => hear(data);
  addEventListener('message', listener);
  return () => removeEventListener('message', listener);
}

export async function runShadow({ files, ...task }: Tasks['shadow']['given'], say: Say): Promise<undefined> {
  const { config, decision } = task;
  const session = await openSession(decision, say);
  const tokenizer = await loadTokenizer(config, files);
  const model = await loadModel(config, files);
  for await (const { index, batch } of evalBatches(config, files, tokenizer, model.config)) {
    if (index < task.batch) continue;
    const computation = computationOf(task, model);
    await answerQuestions({ session, model, batch, computation }, listen, say);
    model.dispose();
    await session.dispose();
    return;
  }
  throw new Error(`There is no batch ${task.batch} any more.`);
}
