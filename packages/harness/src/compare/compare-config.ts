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
  'trace',
  'out',
  'json',
  'save-outputs',
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

/** What has to be equal for the numbers to mean anything, and is not. */
export function configurationDifferences(reference: LaneRecord, target: LaneRecord): Difference[] {
  const settings = (lane: LaneRecord) => ({
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
export function environmentDifferences(reference: LaneRecord, target: LaneRecord): Difference[] {
  const device = (lane: LaneRecord) => ({ ...lane.environment, device: lane.decision.label });
  return differences(device(reference), device(target));
}
