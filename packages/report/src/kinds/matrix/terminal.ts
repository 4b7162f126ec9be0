/** A matrix on a terminal: the devices, what makes a NaN or a leak, which conditions are necessary, what was not as predicted. */
import { backendName, type MatrixAnswer, type MatrixRecord, sanitizeRecord, wrap } from '@nanscope/record';
import { count, counted, verdictOf } from '@nanscope/words';
import { heading, type Page, page, verdictBox } from '../../terminal/page.ts';
import { NARROWEST, type RenderOptions } from '../../terminal/style.ts';
import { cell, type Line, labelled, paint, paragraph, span } from '../../text/line.ts';

// The command of a cell over several lines, such that what is copied from a terminal still runs.

/** Breaks before a flag, behind a backslash, and inside the filter after a `;`, where white space means nothing. */
function commandLines(command: string, width: number): string[] {
  const filter = command.lastIndexOf('--filter');
  const pieces = [
    ...command.slice(0, filter).split(/(?<= )(?=--)/),
    ...command.slice(filter).split(/(?<=;)/),
  ];
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    // Two columns are kept for a backslash.
    if (last !== undefined && last.length + piece.length <= width - 2) lines[lines.length - 1] = last + piece;
    else lines.push(piece);
  }
  return lines.map((line) => (line.endsWith(' ') && line !== lines.at(-1) ? `${line}\\` : line));
}

export const questionTitles: Record<MatrixAnswer['question'], string> = {
  'nan-positions': 'NaN at a position',
  'nan-loss': 'NaN loss',
  'nan-gradients': 'NaN gradients',
  leak: 'The future is seen',
  'leak-at-label': 'The future is seen where a label is judged',
};

/** How many of which cells: `3 of 8 cells with gradients`. */
export function shareWords({ cells: showing, asked }: MatrixAnswer, cells: number): string {
  const of = asked === undefined ? counted(cells, 'cell') : `${counted(asked, 'cell')} with gradients`;
  return `${count(showing)} of ${of}`;
}

/** Why no cell answers a question with yes. */
export function nowhereWords({ asked, minimalSets }: MatrixAnswer): string {
  if (asked === 0) return 'not looked for: inference computes no gradients';
  return `nowhere in this ${minimalSets ? 'table' : 'part of the table'}`;
}

type Necessity = MatrixAnswer['necessity'][number];

/** What a table says of a condition; a part of one can only say that a condition is not necessary. */
export function necessityWords(
  { cells, minimalSets }: MatrixAnswer,
  { verdict: told, without, cellsWithout }: Necessity,
): { readonly verdict: Necessity['verdict']; readonly evidence: string } {
  const evidence = `${count(without)} of ${count(cellsWithout)} without it`;
  if (cellsWithout === 0) return { verdict: 'undecided', evidence: 'every cell meets it' };
  if (cells === 0) return { verdict: 'undecided', evidence: 'no cell has a NaN loss' };
  if (minimalSets || told === 'not necessary') return { verdict: told, evidence };
  return { verdict: 'undecided', evidence: `${evidence} in this part` };
}

export function renderMatrix(record: MatrixRecord, { width, color, unicode = true }: RenderOptions): string {
  const clean = sanitizeRecord(record, unicode);
  const layout = page(Math.max(NARROWEST, Math.floor(width)), unicode);
  const sections = [
    header(clean, layout),
    devices(clean, layout),
    ...(clean.cells === 0 ? [] : clean.answers.map((answer) => sufficient(answer, clean, layout))),
    necessary(clean, layout),
    surprises(clean, layout),
    verdict(clean, layout),
  ].filter((lines) => lines.length > 0);
  const lines = sections.flatMap((own, i) => (i === 0 ? own : [[], ...own]));
  return paint(lines, layout.width, color, layout.glyphs.ellipsis);
}

function header({ command, factors, folder, filter, shard }: MatrixRecord, { width }: Page): Line[] {
  const lines: Line[] = wrap(command, width - 2).map((text, i) => [
    span(i === 0 ? text : `  ${text}`, 'title'),
  ]);
  const label = (text: string) => span(`  ${text}`, 'dim');
  for (const [name, values] of Object.entries(factors)) {
    if (name !== 'device') lines.push(...labelled(label(name), 17, values.join(', '), 'plain', width));
  }
  if (filter !== undefined) lines.push(...labelled(label('filter'), 17, filter, 'plain', width));
  if (shard !== undefined)
    lines.push(
      ...labelled(label('shard'), 17, `${shard}: what follows is about this part only`, 'warn', width),
    );
  lines.push(...labelled(label('folder'), 17, folder, 'plain', width));
  return lines;
}

function devices({ devices: all }: MatrixRecord, layout: Page): Line[] {
  const { width, glyphs } = layout;
  return [
    heading('Devices', layout),
    ...all.flatMap(({ name, label, status, failure, asked, observed, refused, refusal, seconds }) => {
      const good = status === 'complete';
      const how = `${count(observed)} of ${counted(asked, 'cell')} in ${seconds.toFixed(1)} s`;
      const no = refused > 0 ? `; ${count(refused)} refused (${refusal ?? ''})` : '';
      const text = `${name}: ${backendName(label)}, ${how}${no}${good ? '' : `; ${status}: ${failure ?? ''}`}`;
      const tone = good ? 'good' : 'bad';
      return paragraph(text, good ? 'plain' : 'bad', width, 4, span(good ? glyphs.pass : glyphs.fail, tone));
    }),
  ];
}

/** `fill = select-inf or additive-inf · row-guard = none` */
function conditionWords(conditions: Readonly<Record<string, readonly string[]>>, { glyphs }: Page): string {
  const words = Object.entries(conditions).map(([name, values]) => `${name} = ${values.join(' or ')}`);
  return words.length === 0 ? 'always' : words.join(` ${glyphs.dot} `);
}

function sufficient(answer: MatrixAnswer, { cells }: MatrixRecord, layout: Page): Line[] {
  const { width } = layout;
  const remark = shareWords(answer, cells);
  const title = heading(questionTitles[answer.question], layout, remark);
  if (answer.cells === 0)
    return [title, ...paragraph(nowhereWords(answer), answer.asked === 0 ? 'dim' : 'good', width, 2)];
  if (!answer.minimalSets)
    return [
      title,
      ...paragraph('a part of the table does not say which conditions are enough', 'dim', width, 2),
    ];
  const most = 12;
  const shown = answer.minimalSets.slice(0, most);
  return [
    title,
    ...paragraph('minimal sufficient sets of conditions, and the cells that meet each:', 'dim', width, 2),
    ...shown.flatMap(({ conditions, cells: met }) =>
      labelled(span(count(met).padStart(7), 'strong'), 9, conditionWords(conditions, layout), 'plain', width),
    ),
    ...(answer.minimalSets.length > most
      ? paragraph(`and ${answer.minimalSets.length - most} more in run.json`, 'dim', width, 9)
      : []),
  ];
}

/** Columns that a condition and its verdict take beside the evidence. */
const BEFORE_EVIDENCE = 76;

function necessary({ answers, cells }: MatrixRecord, layout: Page): Line[] {
  const answer = answers.find(({ question }) => question === 'nan-loss');
  if (!answer || cells === 0) return [];
  const { width, glyphs } = layout;
  const widest = Math.max(22, ...answer.necessity.map((row) => necessityWords(answer, row).evidence.length));
  return [
    heading('Necessary conditions for a NaN loss', layout, 'NaN cells without the condition'),
    ...answer.necessity.flatMap((row) => {
      const { condition, reported } = row;
      const { verdict: told, evidence } = necessityWords(answer, row);
      const name = `${condition}${reported ? '' : ' *'}`;
      const sign = told === 'necessary' ? glyphs.pass : told === 'undecided' ? glyphs.dot : glyphs.none;
      const tone = told === 'necessary' ? 'strong' : 'plain';
      if (width < BEFORE_EVIDENCE + widest)
        return paragraph(`${name}: ${told}, ${evidence}`, tone, width, 4, span(sign, 'dim'));
      return [
        [
          span(`  ${sign} `, 'dim'),
          ...cell([span(name, tone)], 57),
          span(` ${told.padEnd(14)}`, tone),
          span(evidence, 'dim'),
        ],
      ];
    }),
    ...paragraph('* not among the conditions that are usually named', 'dim', width, 4),
  ];
}

function surprises({ surprises: found, surprisesCut }: MatrixRecord, layout: Page): Line[] {
  if (found.length === 0) return [];
  const { width, glyphs } = layout;
  return [
    heading('Not as predicted', layout, 'observed against the float64 oracle'),
    ...found
      .slice(0, 10)
      .flatMap(({ differences, command }) => [
        ...paragraph(differences.join('; '), 'bad', width, 4, span(glyphs.fail, 'bad')),
        ...commandLines(command, width - 4).flatMap((line, i) =>
          paragraph(line, 'dim', width, 4, span(i === 0 ? glyphs.next : '', 'dim')),
        ),
      ]),
    ...(found.length + surprisesCut > 10
      ? paragraph(`and ${found.length + surprisesCut - 10} more in run.json and cells.jsonl`, 'dim', width, 4)
      : []),
  ];
}

function verdict(record: MatrixRecord, layout: Page): Line[] {
  const { tone: sign, ...said } = verdictOf(record);
  const tone = ({ pass: 'good', warn: 'warn', fail: 'bad' } as const)[sign];
  return verdictBox({ ...said, sign, tone }, layout);
}
