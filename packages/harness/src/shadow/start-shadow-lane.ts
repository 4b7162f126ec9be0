/** A lane that is open for questions, in a process of its own. */
import { type ShadowMessage, type ShadowTask, watchLane } from '@nanscope/lane';
import { openShadowLane, type ShadowLane } from './shadow-lane.ts';

export function startShadowLane(
  task: ShadowTask,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): ShadowLane {
  return openShadowLane(task, (hooks) =>
    watchLane<ShadowMessage>({
      run: 'shadow',
      task,
      environment,
      silenceSeconds: task.config.laneTimeout,
      ...(signal ? { signal } : {}),
      ...hooks,
    }),
  );
}
