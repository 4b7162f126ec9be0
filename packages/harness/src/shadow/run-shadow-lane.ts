/** The lane's side: opens the device, loads the model and one batch, and answers questions about it until it is told to stop. */
import { errorLine } from '@nanscope/errors';
import { evalBatches, loadTokenizerFor } from '../data/inputs.ts';
import { loadModel } from '../data/model.ts';
import { computationOf } from '../lane/evaluate-lane.ts';
import { openSession } from '../lane/open-session.ts';
import type { LaneMessage } from '../lane/task.ts';
import { type Answering, answer } from './answer.ts';
import type { Question, ShadowMessage, ShadowTask } from './task.ts';

/** How often an idle lane says that it is still there. */
const PULSE_MS = 2000;

/** Questions in order of arrival, until `stop`. */
async function* questions(stop: AbortSignal, waiting: () => void): AsyncGenerator<Question> {
  const queue: Question[] = [];
  let wake = () => {};
  const listen = (message: Question | { readonly kind: 'stop' }) => {
    if (message.kind === 'question') queue.push(message);
    wake();
  };
  process.on('message', listen);
  const pulse = setInterval(() => queue.length === 0 && waiting(), PULSE_MS);
  try {
    while (!stop.aborted) {
      const next = queue.shift();
      if (next) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    clearInterval(pulse);
    process.off('message', listen);
  }
}

export async function runShadowLane(
  task: ShadowTask,
  say: (message: LaneMessage | ShadowMessage) => void,
  stop: AbortSignal,
): Promise<void> {
  const session = await openSession(task, say);
  const tokenizer = await loadTokenizerFor(task.config);
  say({ kind: 'loading', what: `loading ${task.config.model}` });
  const model = await loadModel(task.config);
  let answering: Answering | undefined;
  for await (const { index, batch } of evalBatches(task.config, tokenizer, model.config)) {
    if (index < task.batch) continue;
    answering = { session, model, batch, computation: computationOf(task, model) };
    break;
  }
  if (!answering) throw new Error(`There is no batch ${task.batch} any more.`);
  const asked = questions(stop, () => say({ kind: 'waiting' }));
  say({ kind: 'ready' });
  for await (const question of asked) {
    try {
      say({ kind: 'answer', id: question.id, answer: await answer(answering, question) });
    } catch (thrown) {
      say({ kind: 'refused', id: question.id, reason: errorLine(thrown) });
    }
  }
  model.dispose();
  await session.dispose();
}
