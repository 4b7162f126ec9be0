/** The head of the report: what was run, on which model and data, under which policy. */
import { type LaneRecord, type ResultRecord, wrap } from '@nanscope/record';
import { count, counted, perLane, policyWords, tracingWords } from '@nanscope/words';
import { heading, type Page } from '../../terminal/page.ts';
import { type Line, labelled, paragraph, span } from '../../text/line.ts';

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

/** Command, model, data, policy; a field on which the lanes differ is shown for each. */
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
      const text = who === 'both devices' || !(result.target && result.reference) ? value : `${who} ${value}`;
      const label = span(index === 0 ? `  ${name}` : '', 'dim');
      lines.push(...labelled(label, labelWidth, text, 'plain', width));
    }
  }
  if (result.folder !== undefined) {
    lines.push(...labelled(span('  folder', 'dim'), labelWidth, result.folder, 'plain', width));
  }
  return lines;
}

/** Settings and machines on which the two sides differ: the former make the numbers incomparable, the latter are told. */
export function settingsSection(result: ResultRecord, page: Page): Line[] {
  const { width, glyphs } = page;
  const { configuration = [], environment = [] } = result.comparison ?? {};
  const lines: Line[] = [];
  if (configuration.length > 0) {
    lines.push(heading('Settings that must be equal and are not', page, `reference ${glyphs.arrow} target`));
    for (const { name, reference, target } of configuration) {
      const text = `${name}: ${reference} ${glyphs.arrow} ${target}`;
      lines.push(...paragraph(text, 'bad', width, 3 + glyphs.fail.length, span(glyphs.fail, 'bad')));
    }
  }
  // An eval runs both devices on this machine; its differences are the backends, told under Devices.
  if (environment.length > 0 && result.kind === 'compare') {
    if (lines.length > 0) lines.push([]);
    lines.push(heading('Machines and versions', page, `reference ${glyphs.arrow} target`));
    for (const { name, reference, target } of environment) {
      lines.push(...paragraph(`${name}: ${reference} ${glyphs.arrow} ${target}`, 'dim', width, 2));
    }
  }
  return lines;
}

const tracingLabel = 13;

/** Whether looking changed anything, what replays came to, where it starts to look abnormal, and what was left out. */
export function tracingSection(result: ResultRecord, page: Page): Line[] {
  const said = perLane(result, ({ cascade }) => {
    const words = cascade ? tracingWords(cascade, page.unit) : [];
    return words.length === 0 ? undefined : words;
  });
  if (said.length === 0) return [];
  const alone = said.length === 1;
  return [
    heading('Tracing', page, alone && result.target && result.reference ? said[0]!.who : ''),
    ...said.flatMap(({ who, value }) => [
      ...(alone ? [] : [[span(`  ${who}`, 'strong')]]),
      ...value.flatMap(({ label, text, tone }) =>
        labelled(span(`  ${label}`, 'dim'), tracingLabel, text, tone, page.width),
      ),
    ]),
  ];
}
