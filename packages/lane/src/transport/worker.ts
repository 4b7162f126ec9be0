/**
 * A lane in a worker of a page, both ends: the page's, which starts it with one task, listens, and says how it ended, whether it
 * said so or not; and the worker's, which takes the task, does it and reports how it went.
 */
import { errorLine, UserError } from '@nanscope/errors';
import { LastWordsListener, laneOutcome, throwUserError, userErrorMessage } from '../protocol/outcome.ts';
import type { LaneMessage, LaneOutcome } from '../protocol/task.ts';

/** The first message to a worker. */
interface Order {
  readonly task: string;
  readonly given: unknown;
  /** A lock that the worker holds as long as it lives. */
  readonly life: string;
}

/** What every worker says beside what every lane does. */
export type WorkerMessage =
  /** It lives, and holds its lock. */
  | { readonly kind: 'alive' }
  /** What the task came to. */
  | { readonly kind: 'result'; readonly result: unknown }
  /** It threw what is no mistake of the visitor's. */
  | { readonly kind: 'thrown'; readonly reason: string };

export interface WorkerOptions<More> {
  /** Every message, as it comes. */
  readonly onMessage?: (message: LaneMessage | WorkerMessage | More) => void;
  /** Called once at the start, for a worker that gets messages beyond its task. */
  readonly onStarted?: (tell: (message: object) => void) => void;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
  /** Silence after which it is stopped. Default: that of a lane. */
  readonly silenceSeconds?: number;
}

export interface WorkerEnd<Answer> {
  readonly outcome: LaneOutcome;
  /** Where it is complete. */
  readonly answer?: Answer;
}

/** Calls back once the worker has ended in a way that nothing announces: the browser took its memory, its device took it along. */
function whenGone(life: string, gone: () => void): void {
  if (!navigator.locks) return;
  navigator.locks.request(life, gone).catch(() => {});
}

/** Resolves when the worker has ended, whatever way; never rejects. @param open makes a worker that serves (`serveWorker`) */
export function runWorker<Answer, More = never>(
  open: () => Worker,
  { task, given }: Pick<Order, 'task' | 'given'>,
  { onMessage = () => {}, onStarted, signal, silenceSeconds = 600 }: WorkerOptions<More> = {},
): Promise<WorkerEnd<Answer>> {
  return new Promise((resolve) => {
    const life = `nanscope ${performance.timeOrigin} ${Math.random()}`;
    const listener = new LastWordsListener();
    let interrupted = false;
    let answer: Answer | undefined;
    let timer: ReturnType<typeof setTimeout>;
    const worker = open();
    const end = (words: string, silent = false) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      worker.terminate();
      const outcome = laneOutcome({ silent, words }, { ...listener.said, interrupted }, silenceSeconds);
      resolve({ outcome, ...(outcome.status === 'complete' && answer !== undefined ? { answer } : {}) });
    };
    const stop = () => {
      interrupted = true;
      end('it was stopped');
    };
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end('it was silent', true), silenceSeconds * 1000);
    };
    worker.addEventListener('error', (event) =>
      end(`its worker failed: ${event.message || 'it could not be loaded'}`),
    );
    worker.addEventListener('message', ({ data: message }: MessageEvent<LaneMessage | WorkerMessage>) => {
      heard();
      if (message.kind === 'alive') whenGone(life, () => end('its worker ended without a word'));
      if (message.kind === 'result') answer = message.result as Answer;
      const last = listener.hear(message as LaneMessage);
      onMessage(message);
      if (message.kind === 'thrown') end(`its worker stopped at an error: ${message.reason}`);
      else if (last) end(message.kind);
    });
    if (signal?.aborted) return stop();
    signal?.addEventListener('abort', stop, { once: true });
    heard();
    worker.postMessage({ task, given, life } satisfies Order);
    onStarted?.((message) => worker.postMessage(message));
  });
}

/**
 * What a worker answered, or why it did not.
 *
 * @returns undefined where it was stopped
 * @throws {UserError} where it ended by a mistake of the visitor's; Error where it ended otherwise
 */
export function answerOf<Answer>({ outcome, answer }: WorkerEnd<Answer>): Answer | undefined {
  throwUserError(outcome);
  const { status, failure } = outcome;
  if (status !== 'complete' && status !== 'interrupted') throw new Error(failure);
  return answer;
}

// The worker's end.

const send = (message: unknown): void => postMessage(message);

/** Held until the worker ends in whatever way: the page waits for the same lock and so learns of an end that nobody announces. */
async function hold(life: string): Promise<void> {
  if (navigator.locks)
    await new Promise<void>((held) => {
      navigator.locks.request(life, () => {
        held();
        return new Promise(() => {});
      });
    });
  send({ kind: 'alive' } satisfies WorkerMessage);
}

/** With what it is given, and how it speaks. */
type Doing = (given: never, send: never) => Promise<unknown>;

/** Waits for a task, does it, and says how it ended. @param tasks what each does, loaded when it is asked for */
export function serveWorker(tasks: Readonly<Record<string, () => Promise<Doing>>>): void {
  const carryOut = async ({ task, given, life }: Order): Promise<void> => {
    await hold(life);
    try {
      const run = await tasks[task]!();
      const result = await run(given as never, send as never);
      send({ kind: 'result', result } satisfies WorkerMessage);
      send({ kind: 'done' } satisfies LaneMessage);
    } catch (thrown) {
      if (thrown instanceof UserError) return send(userErrorMessage(thrown));
      console.error(thrown);
      send({ kind: 'thrown', reason: errorLine(thrown) } satisfies WorkerMessage);
    }
  };
  addEventListener('message', ({ data }: MessageEvent<Order>) => void carryOut(data), { once: true });
}
