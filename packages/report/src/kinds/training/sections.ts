/** The sections that only a training run has: its head, its figures with the curve, and the lanes step by step. */

import type {
  NonFiniteStepRecord,
  QuantityComparison,
  TrainLaneRecord,
  TrainResultRecord,
} from '@nanscope/record';
import { fromJsonNumber, wrap } from '@nanscope/record';
import {
  count,
  counted,
  duration,
  measured,
  policyWords,
  rate,
  roles,
  setting,
  tolerance,
} from '@nanscope/words';
import { modelFactFields } from '../../lanes/terminal/header.ts';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, labelled, paragraph, span, type Tone } from '../../text/line.ts';
import { chartLegend, chartLines } from './chart.ts';

const labelWidth = 15;

const field = (label: string, text: string, width: number, tone: Tone = 'plain'): Line[] =>
  labelled(span(`  ${label}`, 'dim'), labelWidth, text, tone, width);

function modelWords({ model }: TrainLaneRecord): string {
  return `${model.name}: ${counted(model.layers, 'layer')}, ${counted(model.heads, 'head')}, width ${count(model.width)}, vocabulary ${count(model.vocabulary)}, ${counted(model.parameters, 'parameter')}`;
}

export function trainDataWords({ data }: TrainLaneRecord): string {
  const unit = data.rows === 'pack' ? 'block' : 'row';
  const held = data.validation === 0 ? '' : `, ${count(data.validation)} for validation`;
  return `${data.source}: ${counted(data.training, unit)} of ${count(data.trainingTokens)} tokens${held}; ${data.split}`;
}

const settings = (lane: TrainLaneRecord, ...names: string[]): string =>
  names
    .filter((name) => lane.config[name] !== undefined && lane.config[name] !== 0)
    .map((name) => `${name} ${String(lane.config[name])}`)
    .join(', ');

const recipe = [
  'optimizer',
  'learning-rate',
  'schedule',
  'warmup',
  'weight-decay',
  'clip',
  'dropout',
  'batch-size',
  'accumulate',
  'seed',
] as const;

export const recipeWords = (lane: TrainLaneRecord): string => settings(lane, ...recipe);

/** Command, model, text, recipe. Both lanes of a run have the same. */
export function trainHeader(result: TrainResultRecord, { width }: Page): Line[] {
  const lane = result.target ?? result.reference;
  const lines: Line[] = wrap(result.command, width - 2).map((text, index) => [
    span(index === 0 ? text : `  ${text}`, 'title'),
  ]);
  if (lane) {
    lines.push(...field('model', modelWords(lane), width));
    for (const [name, words] of modelFactFields) {
      const text = words(lane);
      if (text !== undefined) lines.push(...field(name, text, width));
    }
    lines.push(...field('text', trainDataWords(lane), width));
    lines.push(...field('recipe', recipeWords(lane), width));
    lines.push(...field('policy', policyWords(lane.policy), width));
  }
  if (result.folder !== undefined) lines.push(...field('folder', result.folder, width));
  return lines;
}

const finiteTone = (value: number): Tone => (Number.isFinite(value) ? 'strong' : 'bad');

export function hitWords({ step, reason, action }: NonFiniteStepRecord): string {
  const done = { stop: 'stopped before the update', skip: 'update left out', update: 'updated anyway' };
  return `step ${step}: ${reason}; ${done[action]}`;
}

function lossLines({ training, data }: TrainLaneRecord, width: number): Line[] {
  const lines: Line[] = [];
  const add = (label: string, value: number, more: string) =>
    lines.push(...field(label, `${measured(value, 6)}${more}`, width, finiteTone(value)));
  if (training.loss !== undefined)
    add('training', fromJsonNumber(training.loss), ' nats per token in the last step');
  const last = training.validation.at(-1);
  if (last)
    add(
      'validation',
      fromJsonNumber(last.loss),
      ` after step ${last.step}, over ${count(last.tokens)} tokens`,
    );
  if (training.best && training.best.step !== last?.step)
    add('best', training.best.loss, ` after step ${training.best.step}`);
  if (data.entropyRate !== undefined) {
    const above = (floor: number) =>
      training.best === undefined
        ? ''
        : ` (now ${((training.best.loss / floor - 1) * 100).toFixed(2)} % above)`;
    lines.push(
      ...field(
        'entropy',
        `${measured(data.entropyRate, 6)} nats per byte is the entropy rate of the corpus${above(data.entropyRate)}`,
        width,
      ),
    );
    if (data.bestLoss !== undefined)
      lines.push(
        ...field(
          '',
          `${measured(data.bestLoss, 6)} is what the best model of such rows pays, which lacks what was before a row${above(data.bestLoss)}`,
          width,
        ),
      );
  }
  return lines;
}

const HITS_SHOWN = 4;

/** @param withChart false for a curve that is drawn already */
function laneLines(lane: TrainLaneRecord, layout: Page, unicode: boolean, withChart: boolean): Line[] {
  const { training, data } = lane;
  const { width, glyphs } = layout;
  const lines: Line[] = [];
  const chart = {
    curve: training.curve,
    validation: training.validation,
    floor: data.entropyRate,
    totalSteps: training.totalSteps,
  };
  const drawn = withChart ? chartLines(chart, { width, height: 10, unicode }) : [];
  if (drawn.length > 0) lines.push(...drawn, ...chartLegend(chart, width, unicode), []);
  lines.push(
    ...field(
      'steps',
      `${count(training.steps)} of ${count(training.totalSteps)}, ${training.epochs.toFixed(2)} epochs, ${count(training.tokens)} tokens in ${duration(training.seconds)}, ${rate(training.tokensPerSecond)} tokens/s`,
      width,
    ),
    ...lossLines(lane, width),
  );
  if (training.resumedFrom)
    lines.push(
      ...field(
        'resumed',
        `after step ${training.resumedFrom.step} from ${training.resumedFrom.folder}`,
        width,
      ),
    );
  if (training.checkpoints.length > 0) {
    const names = training.checkpoints.map(({ folder, best }) => `${folder}${best ? ' (best)' : ''}`);
    lines.push(...field('checkpoints', names.join(', '), width, 'dim'));
  }
  if (training.saved !== undefined) lines.push(...field('saved', training.saved, width));
  for (const hit of training.nonFinite.slice(0, HITS_SHOWN))
    lines.push(...paragraph(hitWords(hit), 'bad', width, 3 + glyphs.fail.length, span(glyphs.fail, 'bad')));
  const more = training.nonFinite.length - HITS_SHOWN + training.nonFiniteCut;
  if (more > 0) lines.push([span(`    and ${counted(more, 'more step')} that were not finite`, 'dim')]);
  return lines;
}

const curvesAgree = ({ comparison }: TrainResultRecord): boolean =>
  comparison?.quantities.every((one) => !one.firstClassDifference && !one.firstBeyond) ?? false;

export const trainingSection =
  (unicode: boolean) =>
  (result: TrainResultRecord, layout: Page): Line[] =>
    roles.flatMap((role, index) => {
      const lane = result[role];
      if (!lane) return [];
      const title = result.target && result.reference ? `Training, ${role}` : 'Training';
      return [
        ...(index > 0 && result.target ? [[]] : []),
        heading(title, layout, lane.status === 'complete' ? '' : lane.status),
        ...laneLines(lane, layout, unicode, role === 'target' || !curvesAgree(result)),
      ];
    });

function quantityLines(quantity: QuantityComparison, { width, glyphs }: Page): Line[] {
  const { name, compared, firstClassDifference, firstBeyond, requiredRtol, sameNonFinite = 0 } = quantity;
  if (compared === 0) return [];
  const pass = !firstClassDifference && !firstBeyond;
  const words = name === 'gradNorm' ? 'gradient norm' : name;
  const needed = `rtol needed ${tolerance(requiredRtol)}`;
  const of = counted(compared, name === 'validation loss' ? 'evaluation' : 'step');
  const same = sameNonFinite > 0 ? `, ${count(sameNonFinite)} of them NaN or infinite on both` : '';
  const alike = span(
    pass ? (same === '' ? glyphs.pass : glyphs.same) : glyphs.fail,
    !pass ? 'bad' : same === '' ? 'good' : 'warn',
  );
  const lines = paragraph(
    pass
      ? `${words}: ${of} ${compared === 1 ? 'agrees' : 'agree'}${same}, ${needed}`
      : `${words}: ${needed}, ${of} compared`,
    pass ? 'plain' : 'bad',
    width,
    3 + glyphs.pass.length,
    alike,
  );
  const say = (what: string, at: NonNullable<typeof firstBeyond>) =>
    lines.push(
      ...paragraph(
        `${what} first at step ${at.step}: ${measured(at.target)} on the target, ${measured(at.reference)} on the reference`,
        'bad',
        width,
        3 + glyphs.pass.length,
      ),
    );
  if (firstClassDifference) say('classes differ', firstClassDifference);
  if (firstBeyond) say('beyond the tolerance', firstBeyond);
  return lines;
}

export function lanesSection({ comparison }: TrainResultRecord, page: Page): Line[] {
  if (!comparison) return [];
  const { steps, quantities, rtol, atol } = comparison;
  const alone = steps.onlyTarget + steps.onlyReference;
  return [
    heading('Step by step', page, `pass: within rtol ${setting(rtol)} + atol ${setting(atol)}`),
    ...quantities.flatMap((quantity) => quantityLines(quantity, page)),
    ...(alone > 0 ? [[span(`  ${counted(alone, 'step')} on one side only`, 'dim')]] : []),
  ];
}
