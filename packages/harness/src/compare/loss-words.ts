/** The first sentence of a verdict: what the loss is, whether it can be used, and why not. Pure. */
import { inWords } from '@nanscope/errors';
import { fromJsonNumber, type JsonNumber, type LaneRecord, type VerdictRecord } from '@nanscope/record';
import { originWords } from './origin-words.ts';

/** Five digits: enough to know it again; the metrics have the rest. */
function shown(loss: JsonNumber): string {
  const number = fromJsonNumber(loss);
  return Number.isFinite(number) ? String(Number(number.toPrecision(5))) : String(loss);
}

const isNumber = (loss: JsonNumber) => Number.isFinite(fromJsonNumber(loss));

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

type Lanes = Pick<LaneRecord, 'metrics'>;

/** The clause without its end: `The loss is 5.5, finite on both devices`. */
export function lossWords(...lanes: readonly (Lanes | undefined)[]): string {
  const losses = lanes.flatMap((lane) => lane?.metrics?.loss ?? []);
  const words = onDevices(losses);
  return words === '' ? 'There is no loss' : `The loss is ${words}`;
}

/** Whether a lane's NaN was seen to be born in a row whose keys are all masked. */
export function isBornMasked({ cascade }: Pick<LaneRecord, 'cascade'>): boolean {
  const origin = cascade?.filters ? undefined : cascade?.origin;
  return [origin, origin?.becameNaN].some((one) => one?.mechanism.name === 'fully masked row');
}

/** Why the loss is not finite, as far as the lane knows. */
export function causeWords(lane: LaneRecord): string {
  const born = inWords('the origin', () => originWords(lane));
  const { coordinates = [], coordinateNames = [] } = lane.cascade?.origin ?? {};
  const [row, query] = ['batch', 'query'].map((name) => coordinates[coordinateNames.indexOf(name)]);
  if (!isBornMasked(lane) || row === undefined || query === undefined) return born;
  return `query ${query} of batch row ${row} has no allowed key under ${lane.policy.name}, and ${born}`;
}

const differences: ReadonlySet<VerdictRecord['code']> = new Set<VerdictRecord['code']>([
  'classes-differ',
  'permitted-by-wgsl',
  'permitted-by-float32',
  'kernel-bug-suspected',
  'numbers-differ',
]);

/** Of devices that differ: the losses first, then in what they differ. */
export function withLosses(verdict: VerdictRecord, target?: Lanes, reference?: Lanes): VerdictRecord {
  if (!differences.has(verdict.code) || !target?.metrics || !reference?.metrics) return verdict;
  const finite = [target, reference].every((lane) => isNumber(lane.metrics!.loss));
  const losses = `${lossWords(target, reference)}${finite ? ', which differ' : ''}.`;
  return { ...verdict, sentence: `${losses} ${verdict.sentence}` };
}
