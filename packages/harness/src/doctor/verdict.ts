/** From what a backend's process said to its record, and from the backends to the verdict. Pure. */
import type { Probe } from '@nanscope/backend';
import type { LaneOutcome, Measured } from '@nanscope/lane';
import { selfCheckNames } from '@nanscope/lane';
import { backendName, type DoctorBackend, type DoctorVerdict, type SelfCheck } from '@nanscope/record';
import { mathModeOf } from './machine.ts';

/** What was heard of a backend until its process ended. */
export interface Heard {
  readonly probe?: Probe;
  readonly measured: Measured;
  readonly checks: readonly SelfCheck[];
}

export function backendRecord(
  id: string,
  { probe, measured, checks }: Heard,
  outcome: LaneOutcome,
  seconds: number,
  macos: string | undefined,
): DoctorBackend {
  const nothing = { limits: {}, kernels: {}, selfTest: [] };
  if (!probe)
    return {
      ...{ id, status: 'absent', ...nothing, seconds },
      reason: `looking at it ended its process: ${outcome.failure ?? outcome.status}`,
      remedy: 'update the driver, or choose another device',
    };
  if (!probe.available)
    return { ...{ id, status: 'absent', ...nothing, seconds }, reason: probe.reason, remedy: probe.remedy };
  const { version, adapter } = probe.facts;
  const mathMode = adapter && mathModeOf(adapter, macos);
  return {
    id,
    status: outcome.status === 'complete' ? 'opens' : 'ended',
    ...(outcome.failure !== undefined && { reason: outcome.failure }),
    version,
    ...(adapter && { adapter: { ...adapter, features: [...adapter.features] } }),
    ...(mathMode && { mathMode }),
    ...nothing,
    ...measured,
    selfTest: [...checks],
    seconds,
  };
}

/** Every check was made, and passed. */
export const passes = ({ status, selfTest }: DoctorBackend): boolean =>
  status === 'opens' &&
  selfCheckNames.every((name) => selfTest.some((check) => check.name === name && check.passed));

const named = ({ id, adapter }: DoctorBackend): string =>
  adapter?.software ? `${id} (a software adapter)` : backendName(id);

const listed = (backends: readonly DoctorBackend[]): string => backends.map(named).join(', ');

export function doctorVerdict(backends: readonly DoctorBackend[], interrupted = false): DoctorVerdict {
  const here = backends.filter(({ status }) => status !== 'absent');
  const absent = backends.filter(({ status }) => status === 'absent');
  const failing = here.filter((backend) => !passes(backend));
  const rest = absent.length > 0 ? ` Not here: ${listed(absent)}.` : '';
  if (interrupted)
    return { code: 'interrupted', exitCode: 130, sentence: `Interrupted.${rest}`, next: 'Run it again.' };
  if (failing.length > 0 || here.length === 0)
    return {
      code: 'self-test-failed',
      exitCode: 1,
      sentence:
        here.length === 0
          ? `No backend opens.${rest}`
          : `${listed(failing)} ${failing.length === 1 ? 'opens and does' : 'open and do'} not pass the self-test.${rest}`,
      next: 'Paste this block into an issue, or put the device under the whole suite with nanscope conform.',
    };
  return {
    code: 'healthy',
    exitCode: 0,
    sentence: `${listed(here)} ${here.length === 1 ? 'opens and passes its' : 'open and pass their'} self-test.${rest}`,
    next: '',
  };
}
