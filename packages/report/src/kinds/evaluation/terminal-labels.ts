/** Labels whose loss differs: between the lanes, and between the run's policy and `safe`. */
import type { LabelDifference, LaneRecord, ResultRecord } from '@nanscope/record';
import { clip, displayWidth, fromJsonNumber } from '@nanscope/record';
import { count, counted, measured, perLane, tolerance } from '@nanscope/words';
import { heading, type Page, ROOMY } from '../../terminal/page.ts';
import { cell, type Line, paragraph, type Span, span, type Tone, together } from '../../text/line.ts';

const SHOWN = 5;
const TEXT_WIDTH = 16;

function loss(difference: LabelDifference, side: 'reference' | 'target'): Span {
  const text = measured(difference[side], 7);
  return span(text, Number.isFinite(fromJsonNumber(difference[side])) ? 'plain' : 'bad');
}

/** `row 1 position 3 'x'  6.12 -> 6.40  first real token`, aligned. */
function table(differences: readonly LabelDifference[], cut: number, page: Page, common: boolean): Line[] {
  const { width, glyphs } = page;
  const shown = differences.slice(0, SHOWN);
  const where = shown.map(({ row, position }) => `row ${count(row)} position ${count(position)}`);
  const texts = shown.map(({ text }) => `'${clip(text, TEXT_WIDTH, glyphs.ellipsis)}'`);
  const widest = (items: readonly string[]): number => Math.max(0, ...items.map(displayWidth));
  const [whereWidth, textWidth] = [widest(where), widest(texts)];
  const lossWidth = widest(
    shown.flatMap((item) => [loss(item, 'reference').text, loss(item, 'target').text]),
  );
  const before = 4 + whereWidth + 2 + textWidth + 2 + 2 * lossWidth + 2 + glyphs.arrow.length + 2;
  // What a position is gets shorter before it is cut: its first clause says which it is.
  const whatOf = ({ what }: LabelDifference): string =>
    before + displayWidth(what) <= width ? what : what.split(',')[0]!;
  const lines: Line[] = shown.flatMap((item, index) => {
    const figures = [
      span('    '),
      ...cell([span(where[index]!, 'dim')], whereWidth),
      span('  '),
      ...cell([span(texts[index]!, 'strong')], textWidth),
      span('  '),
      ...cell([loss(item, 'reference')], lossWidth, 'right'),
      span(` ${glyphs.arrow} `, 'dim'),
      ...cell([loss(item, 'target')], lossWidth, 'right'),
    ];
    return common ? [figures] : together(figures, [span('  '), span(whatOf(item), 'dim')], width);
  });
  const more = differences.length - shown.length + cut;
  if (more > 0) lines.push(...paragraph(`and ${counted(more, 'more label')}`, 'dim', width, 4));
  return lines;
}

/** What all of them are, where they are all the same thing. */
function commonWhat(differences: readonly LabelDifference[], cut: number): string | undefined {
  const [first] = differences;
  if (first === undefined || first.what === '' || cut > 0) return undefined;
  if (differences.some(({ what }) => what !== first.what)) return undefined;
  return /^(first|last|only)\b/.test(first.what) ? `the ${first.what}` : first.what;
}

type Effect = NonNullable<LaneRecord['policyEffect']>;

/** Where the labels moved, and to which class; the last digits of two devices never agree. */
function placesOf({ differing, differingCut }: Effect): string {
  const moved = differing.map(({ row, position, target }) => [
    row,
    position,
    Number.isFinite(fromJsonNumber(target)),
  ]);
  return JSON.stringify([moved, differingCut]);
}

/** One entry for both devices when the same labels moved, with the target's figures. */
export function effectsOf(result: ResultRecord): { who: string; value: Effect }[] {
  const effects = perLane(result, (lane) => lane.policyEffect);
  const [first, second] = effects;
  const alike = first && second && placesOf(first.value) === placesOf(second.value);
  return alike ? [{ who: 'both devices', value: first.value }] : effects;
}

export function policyEffectSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const effects = effectsOf(result);
  return effects.flatMap(({ who, value }, index) => {
    const differing = value.differing.length + value.differingCut;
    const what = commonWhat(value.differing, value.differingCut);
    const each = what === undefined ? '' : differing === 1 ? `: ${what}` : `, each ${what}`;
    const sentence =
      differing === 0
        ? `none of ${counted(value.labels, 'label')} differs`
        : `${count(differing)} of ${counted(value.labels, 'label')} ${differing === 1 ? 'differs' : 'differ'}${each}`;
    const tone: Tone = differing === 0 ? 'good' : 'warn';
    const losses: Line = [
      span(width < ROOMY ? '  loss  ' : '  loss of the probe batch  ', 'dim'),
      span('safe '),
      span(measured(value.lossSafe)),
      span(` ${glyphs.arrow} `, 'dim'),
      span(`${value.policy} `),
      span(measured(value.lossPolicy), Number.isFinite(fromJsonNumber(value.lossPolicy)) ? 'plain' : 'bad'),
    ];
    return [
      ...(index > 0 ? [[]] : []),
      heading('Policy against safe', page, who),
      losses,
      ...paragraph(sentence, tone, width, 2),
      ...table(value.differing, value.differingCut, page, what !== undefined),
    ];
  });
}

export function labelsSection(result: ResultRecord, page: Page): Line[] {
  const labels = result.comparison?.labels;
  if (labels === undefined) return [];
  const differing = labels.differing.length + labels.differingCut;
  if (differing === 0 && labels.unpaired === 0) return [];
  const { width, glyphs } = page;
  const unpaired =
    labels.unpaired === 0
      ? []
      : paragraph(
          `${counted(labels.unpaired, 'row or label', 'rows or labels')} only on one side`,
          'bad',
          width,
          2,
        );
  const title = heading('Labels that differ between the devices', page, `reference ${glyphs.arrow} target`);
  if (differing === 0) return [title, ...unpaired];
  const what = commonWhat(labels.differing, labels.differingCut);
  const each = what === undefined ? '' : differing === 1 ? `: ${what}` : `, each ${what}`;
  const sentence = `${count(differing)} of ${counted(labels.compared, 'label')} ${differing === 1 ? 'differs' : 'differ'} beyond the tolerance${each}; rtol needed ${tolerance(labels.requiredRtol)}`;
  return [
    title,
    ...unpaired,
    ...paragraph(sentence, 'bad', width, 2),
    ...table(labels.differing, labels.differingCut, page, what !== undefined),
  ];
}
