/** Configurations and environments are compared before any number is. */
import { presentPolicyName } from '@nanscope/attention';
import { backendName, type LaneRecord } from '@nanscope/record';
import type { Flag } from '@nanscope/settings';
import { type Effect, effects, evalFlags, flagNames, trainFlags } from '@nanscope/settings';
import type { RerunAdvice } from '@nanscope/words';

export interface Difference {
  readonly name: string;
  readonly reference: string;
  readonly target: string;
}

const flags: readonly Flag[] = [...evalFlags, ...trainFlags];

/** A run of a version that had no such flag did what the flag does when it is not given. */
function isDefault(name: string, value: unknown): boolean {
  return flags.some((flag) => flag.name === name && flag.default !== undefined && flag.default === value);
}

/**
 * Settings in which two lanes or runs may differ and still be compared. One that no flag sets, of another version,
 * is not among them. The parts of a policy are compared as the policy that they make.
 */
const free: ReadonlySet<string> = new Set(
  flagNames(flags, ...(Object.keys(effects) as Effect[]).filter((effect) => effect !== 'numbers')),
);

const NOT_SET = '(not set)';

const show = (value: unknown) =>
  value === undefined ? NOT_SET : typeof value === 'string' ? value : JSON.stringify(value);

function differences(
  reference: Readonly<Record<string, unknown>>,
  target: Readonly<Record<string, unknown>>,
): Difference[] {
  const names = [...new Set([...Object.keys(reference), ...Object.keys(target)])].sort();
  return names
    .filter((name) => show(reference[name]) !== show(target[name]))
    .map((name) => ({ name, reference: show(reference[name]), target: show(target[name]) }));
}

/** What is compared here is in the records of every lane. */
type Configured = Pick<LaneRecord, 'config' | 'policy' | 'decision' | 'model' | 'environment'>;

/** PyTorch shows what it does itself: it has no policy that could be another one's. */
const isTorch = ({ decision }: Configured): boolean => decision.torch !== undefined;

/** What has to be equal for the numbers to mean anything, and is not. */
export function configurationDifferences(reference: Configured, target: Configured): Difference[] {
  const settings = (lane: Configured, other: Configured) => ({
    ...Object.fromEntries(
      Object.entries(lane.config).filter(
        ([name, value]) => !free.has(name) && (name in other.config || !isDefault(name, value)),
      ),
    ),
    ...(!isTorch(lane) &&
      !isTorch(other) &&
      Object.fromEntries(
        Object.entries(lane.policy).map(([name, value]) => [
          name === 'name' ? 'policy' : `policy ${name}`,
          name === 'name' ? presentPolicyName(String(value)) : value,
        ]),
      )),
    attention: lane.decision.attention,
    model: lane.model.name,
    parameters: lane.model.parameters,
  });
  return differences(settings(reference, target), settings(target, reference));
}

/** What makes two runs comparable that differ in these. */
export function rerunAdvice([first]: readonly Difference[]): RerunAdvice {
  const { name = '', reference = NOT_SET } = first ?? {};
  const flag = flags.some((one) => one.name === name);
  return { to: 'rerun', setting: name, flag, value: reference === NOT_SET ? undefined : reference };
}

/** Whether both ran on the same backend and, where it has one, the same adapter; the driver may be another. */
export function sameDevice(reference: Configured, target: Configured): boolean {
  const device = ({ decision: { backend, adapter } }: Configured) =>
    show([backend, adapter?.vendor, adapter?.architecture, adapter?.device, adapter?.api]);
  return device(reference) === device(target);
}

/** What the adapter says of itself, one setting each. */
function adapterFacts({ decision: { label, adapter } }: Configured): Record<string, unknown> {
  return {
    device: backendName(label),
    ...(adapter && {
      'graphics interface': adapter.api,
      driver: adapter.description,
      'adapter features': [...adapter.features].sort().join(' '),
    }),
  };
}

/** Machines, versions, drivers, numerics. Two devices differ in them; for two runs of one device they are the first suspect. */
export function environmentDifferences(reference: Configured, target: Configured): Difference[] {
  const facts = ({ environment: { strictNumerics, ...environment }, ...lane }: Configured) => ({
    ...environment,
    ...(strictNumerics !== undefined && {
      numerics: strictNumerics ? 'strict' : 'NaN and infinities may be assumed away',
    }),
    ...adapterFacts({ environment, ...lane }),
  });
  return differences(facts(reference), facts(target));
}
