/** The head of the report: what was run, on which model and data, under which policy. */
import type { LaneRecord, ResultRecord } from '@nanscope/record';
import { wrap } from '@nanscope/record';
import type { Page } from '../../terminal/page.ts';
import { type Line, labelled, span } from '../../text/line.ts';
import { count, counted } from '../../text/number.ts';
import { perLane, policyWords } from '../../words/common.ts';

const labelWidth = 11;

export function modelWords({ model }: LaneRecord): string {
  const shape = [
    counted(model.layers, 'layer'),
    counted(model.heads, 'head'),
    `width ${count(model.width)}`,
    `vocabulary ${count(model.vocabulary)}`,
    counted(model.positions, 'position'),
    counted(model.parameters, 'parameter'),
  ];
  return `${model.name}: ${shape.join(', ')}`;
}

/** What a report says of how the model was loaded: the tokenizer, and what is unusual. */
export const modelFactFields: readonly (readonly [
  string,
  (lane: Pick<LaneRecord, 'modelFacts'>) => string | undefined,
])[] = [
  ['tokens', ({ modelFacts }) => modelFacts?.tokenizer],
  ['weights', ({ modelFacts }) => notesAbout('weights', modelFacts)],
  ['settings', ({ modelFacts }) => notesAbout('settings', modelFacts)],
];

function notesAbout(about: 'weights' | 'settings', facts: LaneRecord['modelFacts']): string | undefined {
  const texts = facts?.notes.filter((note) => note.about === about) ?? [];
  if (texts.length === 0) return undefined;
  return texts.map(({ text }) => text.charAt(0).toUpperCase() + text.slice(1)).join('. ');
}

export function dataWords({ data }: LaneRecord): string {
  const truncated = data.truncated === 0 ? '' : `, ${count(data.truncated)} of them truncated`;
  const cut = data.cut ? `, the first of ${count(data.cut.of)}: ${data.cut.reason}` : '';
  return `${data.source}: ${counted(data.rows, 'row')}${truncated}${cut}`;
}

/** Command, model, data, policy; a field on which the lanes differ is told for each. */
export function headerSection(result: ResultRecord, { width }: Page): Line[] {
  const fields: [string, (lane: LaneRecord) => string | undefined][] = [
    ['model', modelWords],
    ...modelFactFields.map(([name, words]): [string, typeof words] => [name, words]),
    ['data', dataWords],
    ['policy', (lane) => policyWords(lane.policy)],
  ];
  const lines: Line[] = wrap(result.command, width - 2).map((text, index) => [
    span(index === 0 ? text : `  ${text}`, 'title'),
  ]);
  for (const [name, words] of fields) {
    for (const [index, { who, value }] of perLane(result, words).entries()) {
      const text = who === 'both lanes' || !(result.target && result.reference) ? value : `${who} ${value}`;
      const label = span(index === 0 ? `  ${name}` : '', 'dim');
      lines.push(...labelled(label, labelWidth, text, 'plain', width));
    }
  }
  if (result.folder !== undefined) {
    lines.push(...labelled(span('  folder', 'dim'), labelWidth, result.folder, 'plain', width));
  }
  return lines;
}
