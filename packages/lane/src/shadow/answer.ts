/** What a lane does to answer one question about its batch. */
import type { Session } from '@nanscope/backend';
import { namesOf, openCapture, openDigest, replayOp } from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import type { CausalLM } from '@nanscope/model';
import { type Computation, evaluateBatch } from '../evaluate/evaluate-batch.ts';
import type { Question, QuestionName, Questions } from './task.ts';

export interface Answering {
  readonly session: Session;
  readonly model: CausalLM;
  readonly batch: CausalLMBatch;
  readonly computation: Computation;
}

/** Anything that watches the kernels of one batch. */
interface Watch<T> {
  run: ReturnType<typeof openDigest>['run'];
  collect(): Promise<T>;
  close(): void;
}

async function watched<T>({ computation, batch }: Answering, watch: Watch<T>): Promise<T> {
  try {
    await evaluateBatch(computation, batch, (phase, work) => watch.run(phase, work));
    return await watch.collect();
  } finally {
    watch.close();
  }
}

/** `times` results of `work`, one after the other. */
async function each<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** @throws Error saying why this question has no answer here */
export function answer(answering: Answering, question: Question): Promise<Questions[QuestionName]['answer']> {
  const { session, model, batch, computation } = answering;
  const nameOf = namesOf(model.parameters);
  switch (question.name) {
    case 'evaluate':
      return each(
        Array.from({ length: question.ask.times }),
        async () => (await evaluateBatch(computation, batch)).losses,
      );
    case 'digest':
      return watched(answering, openDigest(session, nameOf));
    case 'capture':
      return watched(answering, openCapture(session, { calls: question.ask.calls, nameOf }));
    case 'replay':
      return each(question.ask.ops, replayOp);
  }
}
