/**
 * `nanscope train`: check, decide, train on each lane, compare, judge. Effects sit here; the decisions are functions
 * of data in the modules it calls. A lane is a process of its own, as in an evaluation.
 */

import { join } from 'node:path';
import { type LaneOutcome, startLane, type TrainTask, withModelFolder } from '@nanscope/lane';
import {
  makeRunFolder,
  moveAside,
  readTrainLane,
  SCHEMA_VERSION,
  type TrainLaneRecord,
  type TrainResultRecord,
  writeJson,
} from '@nanscope/record';
import { configRecord, type TrainConfig } from '@nanscope/settings';
import { birthInWords } from '../compare/birth-words.ts';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import { type Outcomes, type Role, type RunHooks, roles, runLanes } from '../lanes/run-lanes.ts';
import { defaultRunFolder } from '../run-folder/resumed-settings.ts';
import { checkTrain, isInPlace } from './check-train.ts';
import { compareTraining } from './compare-training.ts';
import type { ResumedLanes } from './resumed-run.ts';
import { interruptedEarly, judgeTraining } from './train-verdict.ts';

/** Seconds that an interrupted lane has to finish its step and save a checkpoint. */
const GRACE_SECONDS = 120;

/** Runs the lane of a role in its process. */
function trainLane(
  config: TrainConfig,
  command: string,
  decided: Decided,
  { folder, lanes, policy }: Pick<TrainTask, 'folder' | 'policy'> & { readonly lanes: ResumedLanes },
  hooks: RunHooks,
): (role: Role) => Promise<LaneOutcome> {
  return (role) => {
    const earlier = lanes[role];
    const task: TrainTask = {
      kind: 'train',
      command,
      role,
      folder: join(folder, role),
      ...{ config, policy },
      decision: decided[role]!,
      ...(earlier && { resumeFrom: earlier.folder }),
      ...(earlier?.checkpoint !== undefined && { checkpoint: earlier.checkpoint }),
    };
    makeRunFolder(task.folder, 'train');
    return startLane(
      task,
      decided.environment,
      (message) => hooks.onLane(role, birthInWords(message, 'step')),
      hooks.signal,
      {
        run: 'train',
        graceSeconds: GRACE_SECONDS,
      },
    );
  };
}

/** The lanes' own records, with how each ended. */
function collect(
  folder: string,
  decided: Decided,
  outcomes: Outcomes,
): Partial<Record<Role, TrainLaneRecord>> {
  const lanes: Partial<Record<Role, TrainLaneRecord>> = {};
  for (const role of roles) {
    const record = decided[role] && readTrainLane(join(folder, role));
    const outcome = outcomes[role];
    if (!record || !outcome) continue;
    lanes[role] = {
      ...record,
      // A lane that was asked to stop ends well, with its state saved, and says itself that it was interrupted.
      status: outcome.status === 'complete' ? record.status : outcome.status,
      ...(outcome.failure ? { failure: outcome.failure } : {}),
    };
  }
  return lanes;
}

/**
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `run.json` of its folder.
 * @throws {UserError} for what is wrong in the configuration or its files; before anything is written, if it can be seen there
 */
export async function runTraining(
  requested: TrainConfig,
  command: string,
  hooks: RunHooks,
): Promise<TrainResultRecord> {
  const config = await withModelFolder(requested, hooks.onStage);
  const head = { schemaVersion: SCHEMA_VERSION, kind: 'train', command } as const;
  hooks.onStage('checking inputs');
  const checked = await checkTrain(config);
  if (hooks.signal?.aborted) return { ...head, verdict: interruptedEarly };
  const decided = await decide(config, hooks.onStage).catch((error: unknown) => {
    if (hooks.signal?.aborted) return undefined;
    throw error;
  });
  if (!decided || hooks.signal?.aborted) return { ...head, verdict: interruptedEarly };
  hooks.onDecision(decided);
  const folder = checked.folder ?? defaultRunFolder(new Date());
  const earlier = isInPlace({ ...config, out: folder }) ? undefined : moveAside(folder, 'train');
  if (earlier) hooks.onStage(`moved the earlier run in ${folder} to ${earlier}`);
  makeRunFolder(folder, 'train');
  writeJson(folder, 'config.json', configRecord(config));
  const outcomes = await runLanes(
    decided,
    trainLane(config, command, decided, { folder, lanes: checked.lanes, policy: checked.policy }, hooks),
    hooks.onLane,
    hooks.signal,
  );
  const lanes = collect(folder, decided, outcomes);
  const comparison =
    lanes.target && lanes.reference
      ? await compareTraining(
          join(folder, 'target'),
          join(folder, 'reference'),
          { ...(lanes as Required<typeof lanes>) },
          config,
        )
      : undefined;
  const parts = { ...lanes, ...(comparison ? { comparison } : {}) };
  const verdict = judgeTraining({
    ...parts,
    outcomes,
    referenceWanted: decided.reference !== undefined,
    folder,
    failOn: config.failOn,
  });
  const result: TrainResultRecord = { ...head, folder, ...parts, verdict };
  writeJson(folder, 'run.json', result);
  return result;
}
