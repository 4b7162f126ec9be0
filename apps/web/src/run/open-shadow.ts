/** A lane that is open for questions, in a worker of its own. */
import { openShadowLane, type ShadowLane } from '@nanscope/harness';
import type { ShadowMessage, ShadowTask } from '@nanscope/lane';
import type { PageFiles, WorkerMessage } from '../worker/tasks.ts';
import { startWorker } from './start-worker.ts';

const kinds: readonly string[] = ['ready', 'answer', 'refused', 'waiting'] satisfies ShadowMessage['kind'][];
const isShadow = (message: WorkerMessage): message is ShadowMessage => kinds.includes(message.kind);

export function openShadow(task: ShadowTask, files: PageFiles, signal: AbortSignal | undefined): ShadowLane {
  return openShadowLane(task, async ({ onStarted, onMessage }) => {
    const { outcome } = await startWorker(
      'shadow',
      { ...task, files },
      {
        signal,
        silenceSeconds: task.config.laneTimeout,
        onStarted,
        onMessage: (message) => isShadow(message) && onMessage(message),
      },
    );
    return outcome;
  });
}
