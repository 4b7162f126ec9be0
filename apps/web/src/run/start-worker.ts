/** The page's side of a worker: starts it with one task, listens, and says how it ended, whether it told or not. Never rejects. */
import { type LaneOutcome, laneOutcome, throwUserError } from '@nanscope/lane';
import workerUrl from '../worker/main.ts?worker&url';
import type { Order, TaskName, Tasks, WorkerMessage } from '../worker/tasks.ts';

export interface StartOptions {
  /** Every message, as it comes. */
  readonly onMessage?: (message: WorkerMessage) => void;
  /** Gets a voice to it once it is there. */
  readonly onStarted?: (tell: (message: object) => void) => void;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
  /** Silence after which it is stopped. Default: that of a lane. */
  readonly silenceSeconds?: number;
}

export interface Ended<Answer> {
  readonly outcome: LaneOutcome;
  /** Where it is complete. */
  readonly answer?: Answer;
}

/** From a blob, which inherits the page's policy; a worker that is loaded from a file is bound by that file's headers alone. */
function newWorker(): Worker {
  const url = new URL(workerUrl, location.href).href;
  const blob = new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' });
  const source = URL.createObjectURL(blob);
  const worker = new Worker(source, { type: 'module', name: 'nanscope' });
  // The worker has fetched the blob by the time it says its first word.
  worker.addEventListener('message', () => URL.revokeObjectURL(source), { once: true });
  return worker;
}

/** Calls back once the worker has ended in a way that nothing announces: the browser took its memory, its device took it along. */
function whenGone(life: string, gone: () => void): void {
  if (!navigator.locks) return;
  navigator.locks.request(life, gone).catch(() => {});
}

export function startWorker<Name extends TaskName>(
  task: Name,
  given: Tasks[Name]['given'],
  { onMessage = () => {}, onStarted, signal, silenceSeconds = 600 }: StartOptions = {},
): Promise<Ended<Tasks[Name]['answer']>> {
  return new Promise((resolve) => {
    const life = `nanscope ${performance.timeOrigin} ${Math.random()}`;
    const said: {
      -readonly [Key in keyof Parameters<typeof laneOutcome>[1]]: Parameters<typeof laneOutcome>[1][Key];
    } = { done: false, interrupted: false };
    let answer: Tasks[Name]['answer'] | undefined;
    let timer: ReturnType<typeof setTimeout>;
    const worker = newWorker();
    const end = (words: string, silent = false) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      worker.terminate();
      const outcome = laneOutcome({ silent, words }, said, silenceSeconds);
      resolve({ outcome, ...(outcome.status === 'complete' && answer !== undefined ? { answer } : {}) });
    };
    const stop = () => {
      said.interrupted = true;
      end('it was stopped');
    };
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end('it was silent', true), silenceSeconds * 1000);
    };
    worker.addEventListener('error', (event) =>
      end(`its worker failed: ${event.message || 'it could not be loaded'}`),
    );
    worker.addEventListener('message', ({ data: message }: MessageEvent<WorkerMessage>) => {
      heard();
      if (message.kind === 'alive') whenGone(life, () => end('its worker ended without a word'));
      if (message.kind === 'result') answer = message.result as Tasks[Name]['answer'];
      if (message.kind === 'done') said.done = true;
      if (message.kind === 'device-lost') said.lost = message.reason;
      if (message.kind === 'failed') said.failed = message.reason;
      if (message.kind === 'user-error') said.userError = message;
      onMessage(message);
      if (message.kind === 'thrown') end(`its worker stopped at an error: ${message.reason}`);
      else if (['done', 'device-lost', 'failed', 'user-error'].includes(message.kind)) end(message.kind);
    });
    if (signal?.aborted) return stop();
    signal?.addEventListener('abort', stop, { once: true });
    heard();
    worker.postMessage({ task, given, life } satisfies Order<Name>);
    onStarted?.((message) => worker.postMessage(message));
  });
}

// What a worker answered, or why it did not.

/**
 * @returns undefined where it was stopped
 * @throws {UserError} where it ended by a mistake of the visitor's; Error where it ended otherwise
 */
export function answerOf<Answer>({ outcome, answer }: Ended<Answer>): Answer | undefined {
  throwUserError(outcome);
  const { status, failure } = outcome;
  if (status !== 'complete' && status !== 'interrupted') throw new Error(failure);
  return answer;
}
