/**
 * What a process of ours can run, by name. Each is loaded only in the process that runs it, so that a lane that
 * evaluates carries nothing of one that trains.
 */

import type { Runner, RunnerName } from './protocol/task.ts';

export const runners = {
  evaluate: async () => (await import('./evaluate/run-lane.ts')).runLane,
  train: async () => (await import('./train/run-train-lane.ts')).runTrainLane,
  generate: async () => (await import('./generate/run-generation.ts')).runGeneration,
  shadow: async () => (await import('./shadow/run-shadow-lane.ts')).runShadowLane,
  'reduce-case': async () => (await import('./reduce-case/run-reduce-lane.ts')).runReduceLane,
  cells: async () => (await import('./cells/run-cells-lane.ts')).runCellsLane,
  conform: async () => (await import('./conform/run-conform-lane.ts')).runConformLane,
  trials: async () => (await import('./trials/run-selftest-lane.ts')).runSelftestLane,
  examine: async () => (await import('./examine/examine.ts')).examine,
  probe: async () => (await import('./probe/probe.ts')).probe,
} as const satisfies Readonly<Record<RunnerName, () => Promise<Runner>>>;
