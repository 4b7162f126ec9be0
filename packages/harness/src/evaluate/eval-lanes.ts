/** The lanes of an evaluation: how each is started, and what they leave. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type LaneOutcome, type LaneTask, startLane } from '@nanscope/lane';
import { makeRunFolder, type ResultRecord, readLane } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { birthInWords } from '../compare/birth-words.ts';
import type { Decided } from '../devices/decision.ts';
import { hasTorch } from '../lanes/check-torch.ts';
import { type Outcomes, type Role, type RunHooks, roles } from '../lanes/run-lanes.ts';
import { torchLanes } from '../lanes/torch-lanes.ts';
import type { Amount } from './prepare.ts';

/** Runs the lane of a role in its process. */
export function evalLane(
  config: EvalConfig,
  decided: Decided,
  {
    folder,
    resume,
    ...told
  }: Amount & {
    readonly policy: LaneTask['policy'];
    readonly folder: string;
    readonly resume: boolean;
  },
  hooks: RunHooks,
): (role: Role) => Promise<LaneOutcome> {
  const startTorch = torchLanes(config, folder);
  return (role) => {
    const task: LaneTask = {
      kind: 'lane',
      role,
      folder: join(folder, role),
      config,
      decision: decided[role]!,
      ...told,
      resume,
      stages: hasTorch(decided) && decided.reference !== undefined,
    };
    if (resume && readLane(task.folder)?.status === 'complete')
      return Promise.resolve({ status: 'complete' });
    // A lane of PyTorch does not go on where it was stopped: it begins anew.
    if (resume && task.decision.torch) rmSync(task.folder, { recursive: true, force: true });
    makeRunFolder(task.folder, 'eval');
    const start = task.decision.torch ? startTorch : startLane;
    return start(
      task,
      decided.environment,
      (message) => hooks.onLane(role, birthInWords(message, 'batch')),
      hooks.signal,
    );
  };
}

/** The lanes' own records, with how each ended. */
export function collect(
  folder: string,
  decided: Decided,
  outcomes: Outcomes,
): Pick<ResultRecord, 'target' | 'reference'> {
  const result: Pick<ResultRecord, 'target' | 'reference'> = {};
  for (const role of roles) {
    if (!decided[role]) continue;
    const record = readLane(join(folder, role));
    const outcome = outcomes[role];
    if (record && outcome)
      result[role] = {
        ...record,
        status: outcome.status,
        ...(outcome.failure ? { failure: outcome.failure } : {}),
      };
  }
  return result;
}
