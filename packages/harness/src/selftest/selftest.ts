/** `nanscope selftest --detector`: the same trials on every device, each in a process of its own, and their score. */

import { UserError } from '@nanscope/errors';
import { MECHANISM_BAR, scoreSheet, type Trial, type TrialPlan } from '@nanscope/experiments';
import {
  type LaneOutcome,
  type SelftestMessage,
  type SelftestTask,
  throwUserError,
  watchLane,
} from '@nanscope/lane';
import {
  SELFTEST_SCHEMA,
  type SelftestDevice,
  type SelftestRecord,
  type SelftestVerdict,
} from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { wordSelftest } from '@nanscope/words';
import { decideDevices, type MachineDevice } from '../experiments/devices.ts';
import { deviceNames, type ExperimentHooks, type NamedDevice } from '../experiments/named-devices.ts';

// From the trials of a device to its record, and from the devices to what is the case. Pure.

/** Wrong trials that a result names. */
const MOST_WRONG = 50;

export const bar: SelftestRecord['bar'] = { seen: 1, origin: 1, mechanism: MECHANISM_BAR, falseAlarms: 0 };

const nothing: TrialPlan = { injectable: 0, injected: 0, trials: 0, aliases: 0, integers: 0 };

export function deviceRecord(
  {
    name,
    decision,
    gpu,
  }: Pick<NamedDevice, 'name' | 'gpu'> & {
    readonly decision: Pick<NamedDevice['decision'], 'label' | 'backend'>;
  },
  outcome: LaneOutcome,
  { injectable, injected, aliases, integers }: TrialPlan = nothing,
  trials: readonly Trial[],
  seconds: number,
): SelftestDevice {
  const { groups, faults, falseAlarms, wrong, meetsBar } = scoreSheet(trials);
  return {
    name,
    label: decision.label,
    backend: decision.backend,
    gpu,
    status: outcome.status,
    ...(outcome.failure !== undefined && { failure: outcome.failure }),
    seconds,
    injectable,
    injected,
    aliases,
    integers,
    groups: [...groups],
    faults,
    falseAlarms,
    wrong: wrong.slice(0, MOST_WRONG).map(({ id, expected, found }) => ({
      id,
      ...(expected && { expected: { key: expected.key, mechanisms: [...expected.mechanisms] } }),
      ...(found && { found: { key: found.key, mechanism: found.mechanism, evidence: found.evidence } }),
    })),
    wrongCut: Math.max(0, wrong.length - MOST_WRONG),
    setAside: trials.flatMap(({ id, family, setAside }) =>
      setAside !== undefined && family !== 'injected' ? [{ id, why: setAside }] : [],
    ),
    // What a lane did not come to was not seen.
    meetsBar: meetsBar && outcome.status === 'complete',
  };
}

/** What is the case, without a word. */
export function decideSelftest(
  devices: readonly SelftestDevice[],
): Pick<SelftestVerdict, 'code' | 'exitCode'> {
  if (devices.some(({ status }) => status === 'interrupted')) return { code: 'interrupted', exitCode: 130 };
  if (devices.some(({ status }) => status !== 'complete')) return { code: 'lane-failed', exitCode: 1 };
  return devices.every(({ meetsBar }) => meetsBar)
    ? { code: 'detector-meets-bar', exitCode: 0 }
    : { code: 'detector-below-bar', exitCode: 1 };
}

export interface SelftestConfig
  extends Pick<EvalConfig, 'backend' | 'device' | 'laneTimeout' | 'json' | 'reporter'> {
  readonly detector: boolean;
  readonly share: number;
}

/** Seconds that an interrupted process has to finish its trial. */
const GRACE_SECONDS = 20;

function check({ detector, share }: SelftestConfig): void {
  if (!detector) {
    throw new UserError(
      'usage/selftest',
      'selftest: expected what to test, found nothing. Leave --no-detector out.',
    );
  }
  if (!(share > 0 && share <= 1)) {
    throw new UserError(
      'usage/share',
      `--share: expected a number above 0 and at most 1, such as 0.1, found ${share}.`,
    );
  }
}

async function runDevice(
  device: MachineDevice,
  config: SelftestConfig,
  hooks: ExperimentHooks,
): Promise<SelftestDevice> {
  const started = performance.now();
  const trials: Trial[] = [];
  let plan: TrialPlan | undefined;
  const task: SelftestTask = { decision: device.decision, config, share: config.share };
  const outcome = await watchLane<SelftestMessage>({
    run: 'trials',
    task,
    environment: device.environment,
    backend: device.decision.backend,
    silenceSeconds: config.laneTimeout,
    graceSeconds: GRACE_SECONDS,
    stoppedIsInterrupted: true,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onMessage(message) {
      if (message.kind === 'plan') plan = message.plan;
      else if (message.kind === 'trials') {
        trials.push(...message.trials);
        hooks.onProgress(device.name, trials.length, plan?.trials ?? trials.length);
      } else if (message.kind === 'loading') hooks.onStage(message.what);
    },
  });
  throwUserError(outcome);
  return deviceRecord(device, outcome, plan, trials, (performance.now() - started) / 1000);
}

/**
 * @param command The command line as typed, for the result.
 * @returns The result; undefined when it was interrupted before a device was decided.
 * @throws {UserError} for what is wrong in the configuration, and for a device that is not there
 */
export async function selftest(
  config: SelftestConfig,
  command: string,
  hooks: ExperimentHooks,
): Promise<SelftestRecord | undefined> {
  check(config);
  const named = await decideDevices(deviceNames(config.device), config.backend, hooks);
  if (!named) return undefined;
  const devices: SelftestDevice[] = [];
  for (const device of named) {
    if (hooks.signal?.aborted) break;
    devices.push(await runDevice(device, config, hooks));
  }
  if (devices.length === 0) return undefined;
  return {
    schema: SELFTEST_SCHEMA,
    kind: 'selftest',
    command,
    share: config.share,
    bar,
    devices,
    verdict: wordSelftest(decideSelftest(devices), devices),
  };
}
