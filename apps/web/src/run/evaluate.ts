/**
 * An evaluation on this page: check, decide, run both lanes, compare, judge. The same decisions, lanes, comparison and
 * verdict as on the command line; what differs is that lanes are workers and the run folder is in memory.
 */
import {
  type DecidedDevices,
  decideWith,
  firstRows,
  firstRowsWords,
  interrupted,
  investigate,
  judge,
  type LaneEvent,
  type Outcomes,
  openShadowLane,
  type Role,
  roles,
  runLanes,
  type ShadowLane,
} from '@nanscope/harness';
import {
  answerOf,
  type LaneMessage,
  type LaneOutcome,
  type LaneTask,
  type ShadowMessage,
  type ShadowTask,
  type WorkerMessage,
} from '@nanscope/lane';
import {
  type LaneRecord,
  parseJsonLines,
  parseRun,
  type ResultRecord,
  recordText,
  SCHEMA_VERSION,
  sampleLineSchema,
} from '@nanscope/record';
import { configRecord, type EvalConfig, policyOf } from '@nanscope/settings';
import type { PageFiles, TaskMessage } from '../worker/tasks.ts';
import { probing } from './devices.ts';
import { RunFiles } from './run-files.ts';
import { startWorker } from './start-worker.ts';

const kinds: readonly string[] = ['ready', 'answer', 'refused', 'waiting'] satisfies ShadowMessage['kind'][];
const isShadow = (message: LaneMessage | WorkerMessage | TaskMessage): message is ShadowMessage =>
  kinds.includes(message.kind);

/** A lane that is open for questions, in a worker of its own. */
function openShadow(task: ShadowTask, files: PageFiles, signal: AbortSignal | undefined): ShadowLane {
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

interface EvaluateHooks {
  readonly onStage: (what: string) => void;
  readonly onDecision: (decided: DecidedDevices, batches: number) => void;
  readonly onLane: (role: Role, event: LaneEvent) => void;
  /** A lane's own record, whenever it grew. */
  readonly onRecord: (role: Role, record: LaneRecord) => void;
  readonly signal: AbortSignal;
}

export interface Run {
  readonly result: ResultRecord;
  readonly files: RunFiles;
  /** Undefined when it was stopped before the devices were decided. */
  readonly decided?: DecidedDevices;
  /** As the lanes were given them; undefined with `decided`. */
  readonly config?: EvalConfig;
  readonly policy?: LaneTask['policy'];
}

function laneOf(text: string | undefined, role: Role): LaneRecord | undefined {
  if (text === undefined) return undefined;
  const run = parseRun(text, `${role}/run.json`);
  return run.kind === 'lane' ? run : undefined;
}

/** Runs the lane of a role in its worker, and marks the record of one that could not do so itself. */
function evalLane(
  config: EvalConfig,
  given: PageFiles,
  decided: DecidedDevices,
  told: Pick<LaneTask, 'batches' | 'cut' | 'policy'>,
  files: RunFiles,
  hooks: EvaluateHooks,
): (role: Role) => Promise<LaneOutcome> {
  return async (role) => {
    const { outcome } = await startWorker(
      'lane',
      { config, files: given, role, decision: decided[role]!, ...told },
      {
        signal: hooks.signal,
        silenceSeconds: config.laneTimeout,
        onMessage(message) {
          if (message.kind === 'file') {
            files.put(`${role}/${message.name}`, message.text, message.how);
            const record = message.name === 'run.json' && laneOf(message.text, role);
            if (record) hooks.onRecord(role, record);
          } else if (message.kind === 'loading' || message.kind === 'progress') hooks.onLane(role, message);
        },
      },
    );
    const record = laneOf(files.text(`${role}/run.json`), role);
    if (record && outcome.status !== 'complete')
      files.put(
        `${role}/run.json`,
        recordText({
          ...record,
          status: outcome.status,
          failure: outcome.failure,
          finishedAt: new Date().toISOString(),
        }),
      );
    return outcome;
  };
}

const samplesOf = (files: RunFiles, role: Role) =>
  parseJsonLines(
    (files.text(`${role}/samples.jsonl`) ?? '').split('\n'),
    role,
    'samples.jsonl',
    sampleLineSchema,
  );

async function compared(
  config: EvalConfig,
  given: PageFiles,
  files: RunFiles,
  outcomes: Outcomes,
): Promise<Pick<ResultRecord, 'target' | 'reference' | 'comparison'>> {
  const lanes: Pick<ResultRecord, 'target' | 'reference'> = {};
  for (const role of roles) {
    const record = outcomes[role] && laneOf(files.text(`${role}/run.json`), role);
    if (record) lanes[role] = record;
  }
  if (!lanes.target || !lanes.reference) return lanes;
  const [target, reference] = [files.inside('target'), files.inside('reference')];
  const comparison = answerOf(await startWorker('compare', { config, files: given, target, reference }));
  return { ...lanes, ...(comparison ? { comparison } : {}) };
}

/**
 * @param command The equal command line, for the result.
 * @throws {UserError} for what is wrong in the configuration or its files, and for a device that is not there
 */
export async function evaluate(
  asked: EvalConfig,
  given: PageFiles,
  command: string,
  hooks: EvaluateHooks,
): Promise<Run> {
  const { signal } = hooks;
  const files = new RunFiles();
  const finish = (result: ResultRecord): Run => {
    files.put('run.json', recordText(result));
    return { result, files };
  };
  const head = { schemaVersion: SCHEMA_VERSION, kind: 'eval', command } as const;
  hooks.onStage('checking inputs');
  const checked = answerOf(
    await startWorker('check', { config: asked, files: given }, { signal, silenceSeconds: 600 }),
  );
  if (!checked || signal.aborted) return finish({ ...head, verdict: interrupted });
  const decided = await decideWith(asked, probing(signal), hooks.onStage).catch((error: unknown) => {
    if (signal.aborted) return undefined; // A probe that is stopped looks like a device that is not there.
    throw error;
  });
  if (!decided || signal.aborted) return finish({ ...head, verdict: interrupted });
  const first = firstRows(asked, decided.target, checked.rows);
  const config = first ? { ...asked, limit: first.limit } : asked;
  const policy = policyOf(config);
  const batches = first ? Math.ceil(first.limit / config.batchSize) : checked.batches;
  hooks.onDecision(decided, batches);
  if (first) hooks.onStage(firstRowsWords(first));
  files.put('.nanscope', '');
  files.put('config.json', recordText(configRecord(config)));
  for (const role of roles) if (decided[role]) files.put(`${role}/.nanscope`, '');
  const outcomes = await runLanes(
    decided,
    evalLane(config, given, decided, { batches, policy, ...(first && { cut: first.cut }) }, files, hooks),
    hooks.onLane,
    signal,
  );
  hooks.onStage('comparing');
  const lanes = await compared(config, given, files, outcomes);
  const { comparison } = lanes;
  const whole = Object.values(outcomes).every(({ status }) => status === 'complete');
  const found =
    comparison && whole
      ? await investigate(
          {
            ...{ config, policy, decided, comparison },
            samples: (role) => samplesOf(files, role),
            open: (task) => openShadow(task, given, signal),
          },
          hooks.onStage,
          signal,
        )
      : {};
  const parts = { ...lanes, ...(comparison && { comparison: { ...comparison, ...found } }) };
  const verdict = judge({ ...parts, outcomes, referenceWanted: decided.reference !== undefined, command });
  return { ...finish({ ...head, ...parts, verdict }), decided, config, policy };
}
