/** The report on a terminal: sections in reading order, from what was run to what to do next. */

import { Decorations } from '@nanscope/errors';
import { type LeakRecord, padEnd, type ResultRecord, sanitizeRecord } from '@nanscope/record';
import { count, counted, keyWords, perLane, replaysWords, startWords, stepWords } from '@nanscope/words';
import { cascadeSection } from '../../lanes/terminal/cascade.ts';
import { devicesSection } from '../../lanes/terminal/devices.ts';
import { headerSection, settingsSection, tracingSection } from '../../lanes/terminal/header.ts';
import { originSection } from '../../lanes/terminal/origin.ts';
import { pictureSection } from '../../lanes/terminal/picture.ts';
import { heading, type Page, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, labelled, paint, paragraph, span, together } from '../../text/line.ts';
import { leftOutLines, leftOutOf } from './left-out.ts';
import { labelsSection, policyEffectSection } from './terminal-labels.ts';
import { metricsSection } from './terminal-metrics.ts';
import { stagesSection } from './terminal-stages.ts';

// Positions whose logits moved when a later token was changed: the future is visible there.

const SHOWN = 6;

function leakLines(
  { row, position, from, live }: LeakRecord['leaks'][number],
  { width, glyphs }: Page,
): Line[] {
  const effect = live ? 'its label is in the loss' : 'its label is not in the loss';
  return together(
    [span(`    row ${count(row)}: position ${count(position)} sees position ${count(from)}`)],
    [span(` ${glyphs.dot} ${effect}`, live ? 'warn' : 'dim')],
    width,
  );
}

/** Where nothing but a NaN or an infinity came from a later position, in a sentence; undefined where none did. */
export function reachedWords({ reached = [], reachedCut = 0 }: LeakRecord): string | undefined {
  const [first] = reached;
  if (!first) return undefined;
  const where = `row ${count(first.row)}: position ${count(first.position)} from position ${count(first.from)}`;
  return `a NaN or an infinity, not a value, of a later position comes and goes in ${counted(reached.length + reachedCut, 'position')} (${where})`;
}

function leaksSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const said = perLane(result, (lane) => lane.leak);
  if (said.length === 0) return [];
  const lines: Line[] = [
    heading('Does a position see its future?', page, said.length === 1 ? said[0]!.who : ''),
  ];
  for (const { who, value } of said) {
    const { checked, leaks, leaksCut } = value;
    const name = said.length === 1 ? '' : `${who}: `;
    const crossed = reachedWords(value);
    const crossing = crossed === undefined ? [] : paragraph(crossed, 'warn', width, 4);
    if (leaks.length + leaksCut === 0) {
      const text = `${glyphs.pass} ${name}no, ${counted(checked, 'position')} checked`;
      lines.push(checked === 0 ? [span(`  ${name}not checked`, 'dim')] : [span('  '), span(text, 'good')]);
      lines.push(...crossing);
      continue;
    }
    const text = `${name}yes, ${count(leaks.length + leaksCut)} of ${counted(checked, 'position')} checked`;
    lines.push(...paragraph(text, 'bad', width, 3 + glyphs.fail.length, span(glyphs.fail, 'bad')));
    const worstFirst = [...leaks.filter(({ live }) => live), ...leaks.filter(({ live }) => !live)];
    lines.push(...worstFirst.slice(0, SHOWN).flatMap((leak) => leakLines(leak, page)));
    const more = Math.max(0, leaks.length - SHOWN) + leaksCut;
    if (more > 0) lines.push(...paragraph(`and ${count(more)} more`, 'dim', width, 4));
    lines.push(...crossing);
  }
  return lines;
}

const labelWidth = 14;

/** Where two lanes diverged: does each repeat itself, and which op makes the difference when the inputs are equal? */
function shadowSection({ comparison }: ResultRecord, page: Page): Line[] {
  const { replays, shadow } = comparison ?? {};
  if (!replays && !shadow) return [];
  const { width, glyphs } = page;
  const lines: Line[] = [heading('Replays', page, `batch ${(replays ?? shadow)!.batch}`)];
  for (const lane of replays?.lanes ?? []) {
    const bad = lane.changed > 0;
    const mark = span(`  ${bad ? glyphs.fail : glyphs.pass} ${lane.role}`, bad ? 'bad' : 'plain');
    lines.push(
      ...labelled(mark, labelWidth, replaysWords(lane, replays!.times), bad ? 'bad' : 'plain', width),
    );
  }
  if (!shadow) return lines;
  lines.push(
    ...paragraph(`ops with the other device's inputs, from ${startWords(shadow)}:`, 'dim', width, 2),
  );
  for (const [index, step] of shadow.steps.entries()) {
    const number = span(`  ${padEnd(`${index + 1}.`, 3)}`, 'dim');
    const bad = ['own', 'both', 'unstable'].includes(step.judgement);
    const title = `${keyWords(`${step.key}:0`)} ${glyphs.dot} ${step.judgement}`;
    lines.push(...labelled(number, 5, title, bad ? 'bad' : 'strong', width));
    const next = step.judgement === 'inherited' && step.next ? `; most differs ${step.next.input}` : '';
    lines.push(...labelled(span(''), 5, `${stepWords(step)}${next}`, 'plain', width));
  }
  return [...lines, ...paragraph(shadow.end, 'plain', width, 5, span(glyphs.next, 'note'))];
}

/** By what each is called where it cannot be made. */
const sections: readonly (readonly [name: string, make: (result: ResultRecord, page: Page) => Line[]])[] = [
  ['head', headerSection],
  ['devices', devicesSection],
  ['settings', settingsSection],
  ['metrics', metricsSection],
  ['labels', labelsSection],
  ['stages', stagesSection],
  ['cascade', cascadeSection],
  ['origin', originSection],
  ['replays', shadowSection],
  ['tracing', tracingSection],
  ['picture', pictureSection],
  ['leaks', leaksSection],
  ["policy's effect", policyEffectSection],
];

/**
 * The whole report as text, closed by a newline. Strings from the record are sanitised: nothing in them reaches
 * the terminal as a control character.
 */
export function renderTerminal(
  result: ResultRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(result, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const decorations = new Decorations();
  const made = sections.map(
    ([name, make]) => decorations.make(`the ${name}`, () => make(clean, layout)) ?? [],
  );
  const left = leftOutLines([...leftOutOf(clean), ...decorations.leftOut], layout);
  const lines: Line[] = [];
  for (const own of [...made, left, verdictSection(clean, layout)]) {
    if (own.length === 0) continue;
    if (lines.length > 0) lines.push([]);
    lines.push(...own);
  }
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}
