/** A lane that is open for questions about one batch, in its own process: opens the device, loads the model and the batch. */
import { evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import { loadModel } from '../data/model.ts';
import { computationOf } from '../evaluate/evaluate-lane.ts';
import type { LaneMessage } from '../protocol/task.ts';
import { openSession } from '../session/open-session.ts';
import { answerQuestions, batchAt, type Question, type ShadowMessage, type ShadowTask } from './answer.ts';

function listen(hear: (message: Question | { readonly kind: 'stop' }) => void): () => void {
  const listener = (message: Question | { readonly kind: 'stop' }) => {
    if (message.kind === 'question' || message.kind === 'stop') hear(message);
  };
  process.on('message', listener);
  return () => process.off('message', listener);
}

export async function runShadowLane(
  task: ShadowTask,
  say: (message: LaneMessage | ShadowMessage) => void,
): Promise<void> {
  const session = await openSession(task, say);
  const tokenizer = await loadTokenizerFor(task.config);
  const model = await loadModel(task.config, (what) => say({ kind: 'loading', what }));
  const { batch } = await batchAt(evalBatches(task.config, tokenizer, model.config), task.batch);
  const answering = { session, model, batch, computation: computationOf(task, model) };
  await answerQuestions(answering, listen, say);
  model.dispose();
  await session.dispose();
}
