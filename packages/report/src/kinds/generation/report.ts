/** A generation: each row with its prompt, what follows it, and how it ended; on a terminal, as a page and as checks. */
import {
  backendName,
  type GeneratedRow,
  type GenerationRecord,
  sanitizeRecord,
  wrap,
} from '@nanscope/record';
import { count, counted, duration, policyWords } from '@nanscope/words';
import { badge, commandLine, type Fields, html, type Section, section, table } from '../../html/parts.ts';
import { heading, page, verdictSection } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { type Line, labelled, paint, paragraph, span } from '../../text/line.ts';
import { type Check, check } from '../../words/check.ts';

const endWords: Readonly<Record<GeneratedRow['ended'], string>> = {
  eos: 'ended with the end token',
  length: 'reached the limit of new tokens',
  positions: 'the model has no position left',
  'non-finite': 'stopped: there is no next token',
};

/** `258 NaN among 258 logits`; how a row ended that met none. */
function rowWords({ ended, logits }: GeneratedRow): string {
  if (!logits) return endWords[ended];
  const classes = [
    [logits.nan, 'NaN'],
    [logits.posInf, '+inf'],
    [logits.negInf, '-inf'],
  ] as const;
  const found = classes.flatMap(([n, name]) => (n > 0 ? [`${count(n)} ${name}`] : [])).join(', ');
  return `${endWords[ended]}, ${found} among ${counted(logits.size, 'logit')}`;
}

export function renderGeneration(
  record: GenerationRecord,
  { width, color, unicode = true }: RenderOptions,
): string {
  const clean = sanitizeRecord(record, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const field = (name: string, text: string) =>
    labelled(span(`  ${name}`, 'dim'), 12, text, 'plain', layout.width);
  const lines: Line[] = [
    ...wrap(clean.command, layout.width - 2).map(
      (text, i): Line => [span(i === 0 ? text : `  ${text}`, 'title')],
    ),
    ...field('model', clean.model),
    ...field('policy', policyWords(clean.policy)),
    ...field('device', backendName(clean.decision.label)),
    ...field('settings', clean.settings.join(', ')),
    ...(clean.folder === undefined ? [] : field('folder', clean.folder)),
    [],
    heading('Rows', layout, `${counted(clean.rows.length, 'row')}, ${duration(clean.seconds)}`),
    ...clean.rows.flatMap((row) => [
      ...paragraph(`[${row.row}] ${row.prompt}`, 'strong', layout.width, 2),
      ...(row.text === '' ? [] : paragraph(row.text, 'plain', layout.width, 4)),
      ...paragraph(
        `${counted(row.tokens.length, 'token')}, ${rowWords(row)}`,
        row.logits ? 'bad' : 'dim',
        layout.width,
        4,
      ),
    ]),
    [],
    ...verdictSection(clean, layout),
  ];
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}

export const generationFacts = ({ model, policy, decision, settings, folder }: GenerationRecord): Fields => [
  ['model', model],
  ['policy', policyWords(policy)],
  ['device', backendName(decision.label)],
  ['settings', settings.join(', ')],
  ['folder', folder],
];

export function generationSections({ rows, prompts }: GenerationRecord): Section[] {
  const lines = rows.map((row) => ({
    cells: [
      count(row.row),
      html`<code>${row.prompt}</code>`,
      html`<code>${row.text}</code>`,
      count(row.tokens.length),
      badge(row.logits ? 'fail' : 'note', rowWords(row)),
    ],
  }));
  const born = rows.find(({ evaluate }) => evaluate !== undefined)?.evaluate;
  return [
    section(
      'rows',
      'Rows',
      table(
        `${counted(rows.length, 'row')} of ${count(prompts)}, in the order in which they ended`,
        ['row', 'prompt', 'continuation', 'tokens', 'ended'],
        lines,
        { figures: [3] },
      ),
      born !== undefined && html`<p>Where the first NaN of a row is born:</p>${commandLine(born)}`,
    ),
  ];
}

export const generationChecks = ({ rows, status, failure, seconds }: GenerationRecord): Check[] => [
  { ...check('lanes', 'the device completes', status === 'complete', failure ?? status), seconds },
  ...rows.map((row) =>
    check('rows', `row ${row.row} meets no NaN`, row.ended !== 'non-finite', rowWords(row), 'nan'),
  ),
];
