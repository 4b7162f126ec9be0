/**
 * A run in three paragraphs for someone who does not know the tool: what went wrong first, how it spread, what to do. Of a
 * generation: what each prompt gave. Made from the record alone. Pure.
 */
import { UserError } from '@nanscope/errors';
import {
  type AnyRecord,
  type CascadeRecord,
  fromJsonNumber,
  type LaneRecord,
  type ResultRecord,
  type TrainLaneRecord,
  type TrainResultRecord,
} from '@nanscope/record';
import { count, counted, hiddenWords, placeWords } from '@nanscope/words';
import { besideOf } from '../compare/beside.ts';
import { generationStory, NAN, type Story } from './generation.ts';

// What each mechanism is, for someone who never heard of it: one sentence that starts with "There".

const sentences: Readonly<Record<string, string>> = {
  'fully masked row':
    'There a query may attend to no key at all: the mask blocks every one. All its scores are -infinity, and softmax subtracts the largest of them: -infinity minus -infinity has no answer.',
  'inf - inf': 'There one infinity is subtracted from another, which has no answer.',
  '0 * inf': 'There zero is multiplied by infinity, which has no answer.',
  'inf / inf': 'There one infinity is divided by another, which has no answer.',
  '0 / 0': 'There zero is divided by zero, which has no answer.',
  'division by 0': 'There a number is divided by zero, which gives infinity.',
  'log of 0': 'There the logarithm of zero is taken, which is -infinity.',
  'log of a negative': 'There the logarithm of a negative number is taken, which has no answer.',
  'square root of a negative': 'There the square root of a negative number is taken, which has no answer.',
  'power of a negative': 'There a negative number is raised to a fractional power, which has no answer.',
  overflow: 'There a result is too large for the number format, and becomes infinity.',
  'exp overflow': 'There an exponential is too large for the number format, and becomes infinity.',
  'sum overflow': 'There a sum is too large for the number format, and becomes infinity.',
  'matmul overflow': 'There a matrix product is too large for the number format, and becomes infinity.',
  'cast overflow': 'There a number is rounded to 16 bits, which cannot hold it, and becomes infinity.',
  'external input': 'It was there before anything was computed: a weight or an input holds it.',
  'gradient of a select':
    'There the gradient of a branch that was not taken is multiplied by zero all the same.',
  'kernel fault': 'There the device gives a value that its own operands do not allow.',
};

/** @param evidence in the words of the trace, for a mechanism that has no sentence of its own */
function mechanismSentence(name: string, evidence: string): string {
  const known = sentences[name];
  if (known !== undefined) return known;
  return name === 'unknown'
    ? 'The trace does not show how it came to be.'
    : `It comes by ${name}: ${evidence.replace(/\.$/, '')}.`;
}

type Lane = LaneRecord | TrainLaneRecord;

const lossOf = (lane: Lane) => (lane.kind === 'lane' ? lane.metrics?.loss : lane.training.loss);

const hasUsableLoss = (lane: Lane): boolean => {
  const loss = lossOf(lane);
  return loss === undefined || Number.isFinite(fromJsonNumber(loss));
};

const unitOf = (lane: Lane) => (lane.kind === 'lane' ? 'batch' : 'step');

/** `in row 1, at position 3 (head 0)`, from named coordinates. */
function whereWords({ coordinates, coordinateNames }: NonNullable<CascadeRecord['origin']>): string {
  const at = coordinates.map((value, i) => `${coordinateNames[i] ?? 'index'} ${value}`);
  return at.length === 0 ? '' : ` (${at.join(', ')}; counted from 0)`;
}

function birth(lane: Lane, cascade: CascadeRecord): string {
  const origin = cascade.origin!;
  const what = origin.kind === 'Inf' ? 'infinity' : 'NaN';
  const { name, evidence } = origin.mechanism;
  const turn = origin.becameNaN
    ? ` In ${placeWords(origin.becameNaN.key)} it then became NaN. ${mechanismSentence(origin.becameNaN.mechanism.name, origin.becameNaN.mechanism.evidence)}`
    : '';
  const filtered = cascade.filters
    ? ' Only a part of the computation was watched (--trace-filter), so it may have begun earlier.'
    : '';
  return `The first ${what} appeared in ${unitOf(lane)} ${origin.batch}, in ${placeWords(origin.key)}${whereWords(origin)}. ${mechanismSentence(name, evidence)}${turn}${filtered}`;
}

function first(lane: Lane | undefined, record: ResultRecord | TrainResultRecord): string {
  const { code, sentence } = record.verdict;
  if (lane === undefined) return `There is nothing to explain about a loss: ${sentence}`;
  const loss = lossOf(lane);
  const failed = code === 'lane-failed' || code === 'interrupted' ? ` The run is not whole: ${sentence}` : '';
  if (loss === undefined) return `The run has no loss.${failed}`;
  const { cascade } = lane;
  if (!hasUsableLoss(lane)) {
    const useless = `The loss is ${loss}, so nothing can be learned from it. ${NAN}; whatever reads a NaN gives NaN again.`;
    if (cascade?.origin) return `${useless} ${birth(lane, cascade)}${failed}`;
    return `${useless} This run was not traced where it happened, so it does not show where: run it again with --trace health.${failed}`;
  }
  const shown = Number(fromJsonNumber(loss).toPrecision(5));
  const hits = lane.kind === 'train-lane' ? lane.training.nonFinite : [];
  if (hits.length > 0) {
    const at = counted(
      hits.length + (lane as TrainLaneRecord).training.nonFiniteCut,
      'step was',
      'steps were',
    );
    const traced = cascade?.origin ? ` ${birth(lane, cascade)}` : '';
    return `The last loss is ${shown}, a number, yet ${at} not finite on the way, the first one step ${hits[0]!.step} (${hits[0]!.reason}).${traced}${failed}`;
  }
  const { hidden } = lane.kind === 'lane' ? besideOf({ target: lane }) : {};
  if (hidden)
    return `The loss is ${shown}, a number, but a number is not enough: something on the way was not one.${cascade?.origin ? ` ${birth(lane, cascade)}` : hiddenWords(hidden, lane)}${failed}`;
  const unmasked = cascade?.warning?.rowsWithoutKey ?? 0;
  const masked =
    unmasked > 0
      ? ` ${counted(unmasked, 'query', 'queries')} of the data may attend to no key at all; ${lane.model.sinks ? 'the sinks of the model give 0 there under every policy' : `the policy ${lane.policy.name} gives a number there, others give NaN`}.`
      : '';
  return `Nothing went wrong with the numbers: the loss is ${shown}, and every value that was watched is a number.${masked}${failed}`;
}

/** Rows of the batch and layers that were reached, from the picture of layers and positions. */
function reach({ picture, spread }: CascadeRecord): string {
  if (!picture || spread.length === 0) return '';
  const rows = picture.cells.map((layers) => layers.map((cells) => (cells.match(/[NI]/g) ?? []).length));
  const hit = rows.filter((layers) => layers.some((cells) => cells > 0)).length;
  const last = rows.reduce((sum, layers) => sum + (layers.at(-1) ?? 0), 0);
  const firstLayer = picture.layers.findIndex((_, i) => rows.some((layers) => layers[i]! > 0));
  const began = rows.reduce((sum, layers) => sum + (layers[firstLayer] ?? 0), 0);
  return ` It starts at ${counted(began, 'position')} after ${layerWords(picture.layers[firstLayer])} and is at ${count(last)} after the last layer, in ${hit} of ${counted(rows.length, 'row')} of that batch: attention mixes positions, so every position that looks at a bad one turns bad.`;
}

const layerWords = (name = '') => (/\d+$/.test(name) ? `layer ${/\d+$/.exec(name)![0]}` : name);

function spreadPart(lane: Lane | undefined): string {
  if (lane === undefined) return 'Nothing is known of it.';
  const { cascade } = lane;
  if (!cascade?.origin)
    return hasUsableLoss(lane)
      ? 'There was nothing to spread.'
      : 'Without a trace the way to the loss is not known.';
  const losses =
    lane.kind === 'lane' && lane.metrics
      ? lostLabels(lane.metrics)
      : ' In training, one such value in the loss makes every gradient NaN, and one update with it makes every weight NaN.';
  const lost = cascade.kills.length > 0 && hasUsableLoss(lane);
  const ended = lost ? ` It ended in ${placeWords(cascade.kills[0]!)}, which gives a number for it.` : '';
  return `From there every operation that read it passed it on.${reach(cascade)}${ended}${losses}`;
}

function lostLabels({ nonFinite, tokens }: NonNullable<LaneRecord['metrics']>): string {
  const bad = nonFinite.nan + nonFinite.posInf + nonFinite.negInf;
  if (bad === 0) return '';
  return ` In the end ${count(bad)} of ${counted(tokens, 'predicted token')} ${bad === 1 ? 'has' : 'have'} no usable loss, and a mean with one such value in it is no number.`;
}

const deviceWords: Partial<Record<string, string>> = {
  agree: 'Both devices computed the same within the tolerance.',
  'agree-non-finite':
    'Both devices computed the same, so no device is to blame: the computation itself has no answer there.',
  'classes-differ': 'The devices disagree about which values are numbers: one of them is wrong.',
  'kernel-bug-suspected':
    'One operation gives another result on each device from the same operands, which points to a bug in a kernel.',
  'numbers-differ': 'Both devices gave numbers, but they are further apart than the tolerance.',
  'permitted-by-wgsl': 'The devices differ where the shading language of GPUs permits it.',
  'permitted-by-float32': 'The devices differ by no more than the order of a float32 sum explains.',
  'vanishes-under-observation':
    'The NaN went away when the run was watched, which points to a race or to memory that was not cleared.',
  flaky: 'One device does not repeat its own result, so nothing can be said about the other.',
  'configuration-differs': 'The two runs have different settings, so they cannot be compared.',
  'no-reference': 'Only one device was used, so this run cannot show whether a device is to blame.',
};

function advice(record: ResultRecord | TrainResultRecord, folder: string | undefined): string {
  const { code, next, exitCode } = record.verdict;
  const devices = deviceWords[code];
  // Where only numbers differ, `reduce` needs an op that the replays named.
  const blamed = record.kind === 'eval' && record.comparison?.shadow?.steps.at(-1)?.judgement;
  const reducible =
    record.kind === 'eval' &&
    folder !== undefined &&
    (code === 'numbers-differ'
      ? blamed === 'own' || blamed === 'both'
      : /non-finite|classes|kernel/.test(code));
  const more = folder === undefined ? '' : ` The whole report: nanscope report ${folder}.`;
  const smaller =
    reducible && !next.includes('nanscope reduce') ? ` The smallest case: nanscope reduce ${folder}.` : '';
  const failed = exitCode === 0 ? '' : ` The command left with exit code ${exitCode}.`;
  // Advice may end in a command, which has no full stop of its own.
  const step = next === '' || /[.!]$/.test(next) ? next : `${next}.`;
  return [devices, step].filter(Boolean).join(' ') + smaller + more + failed;
}

/**
 * @param found where the record was read; by default where it says that it was written
 * @throws {UserError} `report/no-story` for a result of another command
 */
export function storyOf(record: AnyRecord, found?: string): Story {
  if (record.kind === 'generate') return generationStory(record, found ?? record.folder);
  if (record.kind !== 'eval' && record.kind !== 'compare' && record.kind !== 'train')
    throw new UserError(
      'report/no-story',
      `explain: expected a run of eval, train, generate or compare, found one of ${record.kind}. nanscope report prints it.`,
    );
  const lanes = [record.target, record.reference].filter((lane) => lane !== undefined);
  // The one that went wrong has the story; with none, the target.
  const told =
    lanes.find((lane) => !hasUsableLoss(lane)) ?? lanes.find((lane) => lane.cascade?.origin) ?? lanes[0];
  const who =
    lanes.length > 1 && told && lanes.some(hasUsableLoss) && !hasUsableLoss(told)
      ? ` (on the ${told.role} device)`
      : '';
  return {
    paragraphs: [
      [`What went wrong first${who}`, first(told, record)],
      ['How it spread', spreadPart(told)],
      ['What to do', advice(record, found ?? record.folder)],
    ],
  };
}
