/** Configurations and environments are compared before any number is. */
import type { LaneRecord } from '@nanscope/report';

export interface Difference {
  readonly name: string;
  readonly reference: string;
  readonly target: string;
}

/** Settings in which two lanes or runs may differ and still be compared. */
const free = new Set([
  'device',
  'reference',
  'backend',
  'mps-rule',
  'attn',
  'sdpa-kernel',
  'trace',
  'replays',
  'shadow',
  'out',
  'json',
  'reporter',
  'save-outputs',
  'grads',
  'save',
  'save-every',
  'eval-every',
  'keep',
  'resume',
  'lane-timeout',
  'rtol',
  'atol',
]);

const show = (value: unknown) =>
  value === undefined ? '(not set)' : typeof value === 'string' ? value : JSON.stringify(value);

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

/** What has to be equal for the numbers to mean anything, and is not. */
export function configurationDifferences(reference: Configured, target: Configured): Difference[] {
  const settings = (lane: Configured) => ({
    ...Object.fromEntries(
      Object.entries(lane.config).filter(
        ([name]) =>
          !free.has(name) && !['policy', 'fill', 'compose', 'row-guard', 'compute-dtype'].includes(name),
      ),
    ),
    ...Object.fromEntries(
      Object.entries(lane.policy).map(([name, value]) => [
        name === 'name' ? 'policy' : `policy ${name}`,
        value,
      ]),
    ),
    attention: lane.decision.attention,
    model: lane.model.name,
    parameters: lane.model.parameters,
  });
  return differences(settings(reference), settings(target));
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
    device: label,
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
