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

/** Versions and machines. Stated, never a reason to fail. */
export function environmentDifferences(reference: Configured, target: Configured): Difference[] {
  const device = (lane: Configured) => ({ ...lane.environment, device: lane.decision.label });
  return differences(device(reference), device(target));
}
