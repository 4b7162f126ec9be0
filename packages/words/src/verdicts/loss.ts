/** The losses of one or two devices in a clause. */
import { fromJsonNumber, type JsonNumber, type LaneRecord } from '@nanscope/record';

/** Five digits: enough to know it again; the metrics have the rest. */
function shown(loss: JsonNumber): string {
  const number = fromJsonNumber(loss);
  return Number.isFinite(number) ? String(Number(number.toPrecision(5))) : String(loss);
}

export const isNumber = (loss: JsonNumber) => Number.isFinite(fromJsonNumber(loss));

/** `5.5, finite on both devices`; empty where no lane has one. */
function onDevices(losses: readonly JsonNumber[]): string {
  const [target, reference] = losses;
  if (target === undefined) return '';
  if (reference === undefined) return isNumber(target) ? `${shown(target)}, finite` : shown(target);
  const words = [target, reference].map(shown);
  if (isNumber(target) && isNumber(reference))
    return `${[...new Set(words)].join(' and ')}, finite on both devices`;
  if (words[0] === words[1]) return `${words[0]} on both devices`;
  return `${words[0]} on the target and ${words[1]} on the reference`;
}

export const lossesOf = (lanes: readonly (LaneRecord | undefined)[]) =>
  lanes.flatMap((lane) => lane?.metrics?.loss ?? []);

/** The clause without its end: `The loss is 5.5, finite on both devices`. */
export function lossWords(...lanes: readonly (LaneRecord | undefined)[]): string {
  const words = onDevices(lossesOf(lanes));
  return words === '' ? 'There is no loss' : `The loss is ${words}`;
}
