/** A lane that is open for questions, in a process of its own. */
import {
  type LaneMessage,
  type ShadowMessage,
  type ShadowTask,
  torchIn,
  torchShadowTask,
  watchLane,
} from '@nanscope/lane';
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
      backend: task.decision.backend,
      silenceSeconds: task.config.laneTimeout,
      ...(signal ? { signal } : {}),
      ...hooks,
    }),
  );
}

/** @param inputs file of the run's batches */
export function startTorchShadow(
  task: ShadowTask,
  inputs: string,
  signal: AbortSignal | undefined,
): ShadowLane {
  const start = torchIn(task.decision.torch!.python, torchShadowTask(task, inputs, task.batch));
  return openShadowLane(task, (hooks) =>
    watchLane<ShadowMessage | LaneMessage>({
      ...{ run: 'shadow', task: {}, environment: {}, silenceSeconds: task.config.laneTimeout, start },
      ...(signal ? { signal } : {}),
      ...hooks,
    }),
  );
}
