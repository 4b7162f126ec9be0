/**
 * `nanscope eval`: check, decide, run both lanes, compare, judge. Effects sit here; the decisions are functions
 * of data in the modules it calls.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Decorations } from '@nanscope/errors';
import { type LaneOutcome, type LaneTask, removeTemporary, startLane, withModelFolder } from '@nanscope/lane';
import {
  type LaneRecord,
  makeRunFolder,
  moveAside,
  type ResultRecord,
  readJsonLines,
  readLane,
  SCHEMA_VERSION,
  sampleLineSchema,
  writeJson,
} from '@nanscope/record';
import { configRecord, type EvalConfig, policyOf } from '@nanscope/settings';
import { birthInWords } from '../compare/birth-words.ts';
import { compareLaneFolders } from '../compare/compare-folders.ts';
import { interrupted, judge } from '../compare/verdict.ts';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import { checkInputs } from '../lanes/check-inputs.ts';
import { type Outcomes, type Role, type RunHooks, roles, runLanes } from '../lanes/run-lanes.ts';
import { BATCHES, bothTorch, checkTorch, hasTorch, torchLanes } from '../lanes/torch-lanes.ts';
import { defaultRunFolder } from '../run-folder/resumed-settings.ts';
import { investigate } from '../shadow/investigate.ts';
import { startShadowLane, startTorchShadow } from '../shadow/start-shadow-lane.ts';
import { firstRows, firstRowsWords } from './first-rows.ts';
import { keptConfig, type Spooled, spoolStdin } from './resume.ts';

/** How much the lanes evaluate. */
type Amount = Pick<LaneTask, 'batches' | 'cut'>;

/** Of PyTorch, what is reduced is the op in which a value is born, or one that is another in two lanes of it. */
const hasTorchFault = ({ comparison, ...lanes }: Pick<ResultRecord, 'target' | 'reference' | 'comparison'>) =>
  comparison?.shadow?.steps.at(-1)?.own !== undefined ||
  roles.some((role) => lanes[role]?.decision.torch && lanes[role].cascade?.origin);

/** Runs the lane of a role in its process. */
function evalLane(
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
function collect(
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

/** Of a run that is continued: its settings have the limit, and a lane that began has the reason. */
const earlierCut = (folder: string): LaneRecord['data']['cut'] =>
  roles.map((role) => readLane(join(folder, role))?.data.cut).find((cut) => cut !== undefined);

/** Everything that can be refused, before anything is written. Undefined when it was interrupted. */
async function prepare(
  config: EvalConfig,
  hooks: RunHooks,
): Promise<{ amount: Amount; limit?: number; decided: Decided } | undefined> {
  const { batches, rows } = await checkInputs(config);
  if (hooks.signal?.aborted) return undefined;
  // Ctrl-C on a terminal ends the probing processes too, which then look like devices that are not there.
  const decided = await decide(config, hooks.onStage).catch((error: unknown) => {
    if (hooks.signal?.aborted) return undefined;
    throw error;
  });
  if (!decided || hooks.signal?.aborted) return undefined;
  checkTorch(config, decided);
  hooks.onDecision(decided);
  if (config.resume !== undefined) {
    const cut = earlierCut(config.resume);
    return { amount: { batches, ...(cut && { cut }) }, decided };
  }
  const first = firstRows(config, decided.target, rows);
  if (!first) return { amount: { batches }, decided };
  hooks.onStage(firstRowsWords(first));
  const { limit, cut } = first;
  return { amount: { batches: Math.ceil(limit / config.batchSize), cut }, limit, decided };
}

/** The folder of a run, made or gone on with, and the configuration of its lanes. */
async function openFolder(
  given: EvalConfig,
  spooled: Spooled | undefined,
  { onStage }: RunHooks,
): Promise<{ folder: string; config: EvalConfig }> {
  const { resume } = given;
  if (resume !== undefined) {
    removeTemporary(resume);
    return { folder: resume, config: keptConfig({ ...given, resume }) };
  }
  const folder = given.out ?? defaultRunFolder(new Date());
  const earlier = moveAside(folder, 'eval');
  if (earlier) onStage(`moved the earlier run in ${folder} to ${earlier}`);
  makeRunFolder(folder, 'eval');
  const config = spooled ? await spooled.keepIn(folder) : given;
  writeJson(folder, 'config.json', configRecord(config));
  return { folder, config };
}

/** Interrupted before a lane began: nothing was written. */
const nothingDone = (command: string): ResultRecord => ({
  schemaVersion: SCHEMA_VERSION,
  kind: 'eval',
  command,
  verdict: interrupted,
});

/**
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `run.json` of its folder.
 * @throws {UserError} before anything is written, for what is wrong in the configuration or its files
 */
export async function evaluate(asked: EvalConfig, command: string, hooks: RunHooks): Promise<ResultRecord> {
  const given = await withModelFolder(asked, hooks.onStage);
  hooks.onStage('checking inputs');
  const spooled = given.data === '-' && !given.loadInputs ? await spoolStdin(given) : undefined;
  const place = given.resume === undefined ? {} : { out: given.resume };
  const prepared = await prepare({ ...(spooled?.config ?? given), ...place }, hooks).catch(
    async (error: unknown) => {
      await spooled?.discard();
      throw error;
    },
  );
  if (!prepared) {
    await spooled?.discard();
    return nothingDone(command);
  }
  const { amount, limit, decided } = prepared;
  // A part of the policy that was given stands over what the versions of PyTorch have.
  const { policy: preset, rowGuard } = decided.policy ?? given;
  const wanted = {
    ...{ ...given, policy: preset },
    ...(given.rowGuard === undefined && rowGuard !== undefined && { rowGuard }),
    ...(limit !== undefined && { limit }),
  };
  const { folder, config } = await openFolder(wanted, spooled, hooks);
  const policy = policyOf(config);
  const outcomes = await runLanes(
    decided,
    evalLane(config, decided, { folder, policy, ...amount, resume: given.resume !== undefined }, hooks),
    hooks.onLane,
    hooks.signal,
  );
  const lanes = collect(folder, decided, outcomes);
  const decorations = new Decorations();
  const compared =
    lanes.target && lanes.reference
      ? await compareLaneFolders(join(folder, 'target'), join(folder, 'reference'), config, decorations)
      : undefined;
  const whole = Object.values(outcomes).every(({ status }) => status === 'complete');
  const found =
    compared && whole && (!hasTorch(decided) || bothTorch(decided))
      ? ((await decorations.makeLater('the replay of a difference', () =>
          investigate(
            {
              ...{ config, policy, decided, comparison: compared },
              samples: (role) => readJsonLines(join(folder, role), 'samples.jsonl', sampleLineSchema),
              open: (task) =>
                task.decision.torch
                  ? startTorchShadow(task, join(folder, BATCHES), hooks.signal)
                  : startShadowLane(task, decided.environment, hooks.signal),
            },
            hooks.onStage,
            hooks.signal,
          ),
        )) ?? {})
      : {};
  const comparison = compared && { ...compared, ...found };
  const parts = { ...lanes, ...(comparison ? { comparison } : {}) };
  const verdict = judge({
    ...{
      ...parts,
      outcomes,
      command,
      folder,
      reducible: hasTorch(decided) && !hasTorchFault(parts) ? undefined : folder,
      failOn: asked.failOn,
    },
    referenceWanted: decided.reference !== undefined,
  });
  const result: ResultRecord = {
    schemaVersion: SCHEMA_VERSION,
    kind: 'eval',
    command,
    folder,
    ...parts,
    ...(decorations.leftOut.length > 0 && { leftOut: decorations.leftOut }),
    verdict,
  };
  writeJson(folder, 'run.json', result);
  return result;
}
