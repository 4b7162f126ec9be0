/** The lane's side of questions, in a process or in a worker of a page: waits for one after the other, answers, until it is told to stop. */
import { errorLine } from '@nanscope/errors';
import { type Answering, answer } from './answer.ts';
import type { Question, ShadowMessage } from './task.ts';

/** How often an idle lane says that it is still there. */
const PULSE_MS = 2000;

type Heard = Question | { readonly kind: 'stop' };

/** Hears what is said to the lane. @returns ends the hearing */
export type Listen = (hear: (message: Heard) => void) => () => void;

/** Resolves at `stop`. */
export async function answerQuestions(
  answering: Answering,
  listen: Listen,
  say: (message: ShadowMessage) => void,
): Promise<void> {
  const queue: Heard[] = [];
  let wake = () => {};
  const deafen = listen((message) => {
    queue.push(message);
    wake();
  });
  const pulse = setInterval(() => queue.length === 0 && say({ kind: 'waiting' }), PULSE_MS);
  say({ kind: 'ready' });
  try {
    for (;;) {
      const question = queue.shift();
      if (question?.kind === 'stop') return;
      if (question) await answerOne(answering, question, say);
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    clearInterval(pulse);
    deafen();
  }
}

async function answerOne(
  answering: Answering,
  question: Question,
  say: (message: ShadowMessage) => void,
): Promise<void> {
  try {
    say({ kind: 'answer', id: question.id, answer: await answer(answering, question) });
  } catch (thrown) {
    say({ kind: 'refused', id: question.id, reason: errorLine(thrown) });
  }
}
