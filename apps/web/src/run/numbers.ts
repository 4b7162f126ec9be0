/** Has one backend answer the doctor's questions about numbers, in a worker of its own. */
import type { BackendFacts } from '@nanscope/backend';
import type { Measured } from '@nanscope/lane';
import type { Answered } from '@nanscope/report';
import { startWorker } from './start-worker.ts';

/** A driver that compiles one small shader for longer will not end. */
const silenceSeconds = 60;

export interface Answers {
  readonly questions: Answered['questions'];
  /** With as much as it said. */
  readonly backend: Answered['backends'][number];
  /** Why it said no more. */
  readonly failure?: string;
}

export async function askNumbers({ id, adapter }: BackendFacts): Promise<Answers> {
  let questions: Answers['questions'] = [];
  let measured: Measured = {};
  const { outcome } = await startWorker(
    'numbers',
    { id },
    {
      silenceSeconds,
      onMessage(message) {
        if (message.kind === 'questions') questions = [...message.questions];
        if (message.kind === 'measured') measured = { ...measured, ...message };
      },
    },
  );
  const { kernels = {}, shader } = measured;
  const seen = adapter && { adapter: { ...adapter, features: [...adapter.features] } };
  return {
    questions,
    backend: { id, kernels, ...(shader && { shader }), ...seen },
    ...(outcome.failure !== undefined && { failure: outcome.failure }),
  };
}
