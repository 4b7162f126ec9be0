/** How a process of ours begins: the name of what it runs, and its task. What the names stand for is runners.ts's business. */

export type RunnerName =
  | 'evaluate'
  | 'train'
  | 'generate'
  | 'shadow'
  | 'reduce-case'
  | 'cells'
  | 'conform'
  | 'trials'
  | 'examine'
  | 'probe';

/** Runs a task, sends messages as they come, and looks at `stop`, which is set when the parent asks it to end. */
export type Runner = (task: never, send: (message: unknown) => void, stop: AbortSignal) => Promise<void>;

/** The first message to a process. */
export interface Start {
  readonly run: RunnerName;
  readonly task: unknown;
}
