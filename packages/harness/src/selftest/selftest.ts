/** `nanscope selftest --detector`: the same trials on every device, each in a process of its own, and their score. */
import { UserError } from '@nanscope/errors';
import type { Trial, TrialPlan } from '@nanscope/experiments';
import type { SelftestMessage, SelftestTask } from '@nanscope/lane';
import { throwUserError, watchLane } from '@nanscope/lane';
import { SELFTEST_SCHEMA, type SelftestDevice, type SelftestRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { decideDevices, type MachineDevice } from '../experiments/devices.ts';
import type { ExperimentHooks } from '../experiments/laboratory.ts';
import { deviceNames } from '../experiments/named-devices.ts';
import { bar, deviceRecord, selftestVerdict } from './verdict.ts';

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
    verdict: selftestVerdict(devices),
  };
}
