/** What a lane does to answer one question about its batch. */
import type { Session } from '@nanscope/backend';
import {
  type Capture,
  type CapturedOp,
  type CapturedTensor,
  type Digest,
  namesOf,
  openCapture,
  openDigest,
  replayOp,
} from '@nanscope/cascade';
import type { CausalLMBatch } from '@nanscope/collator';
import { errorLine } from '@nanscope/errors';
import type { CausalLM } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';
import { type Computation, evaluateBatch } from '../evaluate/evaluate-batch.ts';
import type { LaneTaskBase } from '../protocol/task.ts';

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
  // The steps of attention are to be seen, where the run left it to the backend what computes them.
  const shown = computation.kernel === 'auto' ? { ...computation, kernel: 'composed' as const } : computation;
  try {
    await evaluateBatch(shown, batch, (phase, work) => watch.run(phase, work));
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

// The lane's side of questions, in a process or in a worker of a page: waits for one after the other, answers, until it has to stop.

/** How often an idle lane says that it is still there. */
const PULSE_MS = 2000;

type Heard = Question | { readonly kind: 'stop' };

/** Listens to messages to the lane. @returns stops listening */
type Listen = (hear: (message: Heard) => void) => () => void;

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

/** The batch that all questions are about. */
export async function batchAt<Found extends { readonly index: number }>(
  batches: AsyncIterable<Found>,
  index: number,
): Promise<Found> {
  for await (const found of batches) if (found.index === index) return found;
  throw new Error(`There is no batch ${index} any more.`);
}

// What the parent asks a lane that stays open for questions, and what it answers.

export interface ShadowTask extends Omit<LaneTaskBase, 'folder'> {
  readonly config: EvalConfig;
  /** Index of the batch that all questions are about. */
  readonly batch: number;
}

export type Replayable = Pick<CapturedOp, 'kernel' | 'attrs' | 'inputs'>;

/** Questions by name, each with what goes with it and what comes back. */
export interface Questions {
  /** Plain evaluations, one after the other: the losses of each. */
  readonly evaluate: {
    readonly ask: { readonly times: number };
    readonly answer: readonly ArrayLike<number>[];
  };
  /** Some elements of every output. */
  readonly digest: { readonly ask: object; readonly answer: readonly Digest[] };
  /** The calls of these names, whole. */
  readonly capture: {
    readonly ask: { readonly calls: readonly string[] };
    readonly answer: readonly Capture[];
  };
  /** One op, once for each of these sets of inputs: its outputs. */
  readonly replay: {
    readonly ask: { readonly ops: readonly Replayable[] };
    readonly answer: readonly (readonly CapturedTensor[])[];
  };
}

export type QuestionName = keyof Questions;

export type Question = {
  [Name in QuestionName]: { readonly kind: 'question'; readonly id: number; readonly name: Name } & {
    readonly ask: Questions[Name]['ask'];
  };
}[QuestionName];

export type ShadowMessage =
  /** It may be asked from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Questions[QuestionName]['answer'] }
  /** The question could not be answered; the lane goes on. */
  | { readonly kind: 'refused'; readonly id: number; readonly reason: string }
  /** Still there, with nothing to do: the other lane is at work. */
  | { readonly kind: 'waiting' };
