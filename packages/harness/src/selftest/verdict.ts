/** From the trials of a device to its record, and from the devices to the verdict. Pure. */
import { MECHANISM_BAR, scoreSheet, type Trial, type TrialPlan } from '@nanscope/experiments';
import type { LaneOutcome } from '@nanscope/lane';
import type { SelftestDevice, SelftestRecord, SelftestVerdict } from '@nanscope/record';
import type { NamedDevice } from '../experiments/named-devices.ts';

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

const percent = (part: number, whole: number) =>
  whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`;

function sentenceFor({ name, faults, falseAlarms }: SelftestDevice): string {
  const { trials, seen, originRight, mechanismRight } = faults;
  const alarms = falseAlarms === 1 ? '1 false alarm' : `${falseAlarms} false alarms`;
  return `${name}: of ${trials} faults ${percent(seen, trials)} seen, ${percent(originRight, trials)} placed, ${percent(mechanismRight, trials)} named, ${alarms}.`;
}

export function selftestVerdict(devices: readonly SelftestDevice[]): SelftestVerdict {
  const sentence = devices.map(sentenceFor).join(' ');
  if (devices.some(({ status }) => status === 'interrupted'))
    return { code: 'interrupted', exitCode: 130, sentence: `Interrupted. ${sentence}`, next: '' };
  const failed = devices.find(({ status }) => status !== 'complete');
  if (failed)
    return {
      code: 'lane-failed',
      exitCode: 1,
      sentence: `The lane on ${failed.name} ${failed.status} (${failed.failure ?? 'no reason given'}). ${sentence}`,
      next: 'Run it alone with --device.',
    };
  if (devices.every(({ meetsBar }) => meetsBar))
    return { code: 'detector-meets-bar', exitCode: 0, sentence, next: '' };
  return {
    code: 'detector-below-bar',
    exitCode: 1,
    sentence,
    next: 'The trials that went wrong stand above, with what was expected; --json has more of them.',
  };
}
