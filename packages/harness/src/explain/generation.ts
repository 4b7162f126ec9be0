/** The story of a generation, which has no loss: whether its scores are numbers, and what each prompt gave. Pure. */
import type { GeneratedRow, GenerationRecord } from '@nanscope/record';
import { count, counted } from '@nanscope/words';

export interface Story {
  /** Each paragraph has a heading and a text. */
  readonly paragraphs: readonly (readonly [heading: string, text: string])[];
  /** What the last paragraph ends with: a command to paste, which no line break may cut. */
  readonly command?: string;
}

export const NAN = 'NaN ("not a number") is what arithmetic gives where there is no answer';

/** Prompts that a story lists one by one. */
const MOST_PROMPTS = 8;
const MOST_LETTERS = 60;

/** A text on one line, in quotes, cut where it is long. */
function quoted(text: string): string {
  const letters = [...text];
  return JSON.stringify(
    letters.length <= MOST_LETTERS ? text : `${letters.slice(0, MOST_LETTERS).join('')}...`,
  );
}

const endings: Readonly<Record<GeneratedRow['ended'], string>> = {
  eos: 'and ended with the end token',
  length: 'as many as were allowed',
  positions: 'until the model had no position left',
  'non-finite': 'and then no token could be chosen',
};

const isBroken = ({ ended }: GeneratedRow) => ended === 'non-finite';

/** Rows without a next token, the one with the fewest tokens first. */
const brokenOf = (rows: readonly GeneratedRow[]) =>
  rows.filter(isBroken).sort((a, b) => a.tokens.length - b.tokens.length || a.row - b.row);

/** `258 of its 258 scores are NaN`. */
function scoresWords({ size, nan, posInf, negInf }: NonNullable<GeneratedRow['logits']>): string {
  const kinds = [
    [nan, 'NaN'],
    [posInf, '+infinity'],
    [negInf, '-infinity'],
  ] as const;
  return kinds
    .flatMap(([n, name]) =>
      n > 0 ? [`${count(n)} of its ${counted(size, 'score')} ${n === 1 ? 'is' : 'are'} ${name}`] : [],
    )
    .join(', ');
}

function promptWords(row: GeneratedRow): string {
  const { prompt, text, tokens } = row;
  const made = tokens.length === 0 ? 'no token' : `${quoted(text)}, ${counted(tokens.length, 'token')}`;
  const end = tokens.length === 0 && isBroken(row) ? ' at all' : `, ${endings[row.ended]}`;
  return `${quoted(prompt)} gave ${made}${end}.`;
}

/** The prompts in their order, those that met a NaN first. */
function promptsPart({ rows, prompts }: GenerationRecord): string {
  if (rows.length === 0) return 'No prompt was finished.';
  const inOrder = [...rows].sort((a, b) => Number(isBroken(b)) - Number(isBroken(a)) || a.row - b.row);
  const shown = inOrder.slice(0, MOST_PROMPTS).map(promptWords);
  const more = rows.length - shown.length;
  const left = prompts - rows.length;
  return [
    ...shown,
    ...(more > 0 ? [`${counted(more, 'more prompt')} ${more === 1 ? 'is' : 'are'} in the report.`] : []),
    ...(left > 0 ? [`${counted(left, 'prompt was', 'prompts were')} not finished.`] : []),
  ].join(' ');
}

function generationFirst({ rows, status, failure }: GenerationRecord): string {
  const failed =
    status === 'complete'
      ? ''
      : ` The run is not whole: ${status === 'interrupted' ? 'it was stopped' : `the device ${status}`}${failure && failure !== status ? ` (${failure})` : ''}.`;
  const broken = brokenOf(rows);
  const [earliest] = broken;
  if (!earliest)
    return rows.length === 0
      ? `There is nothing to explain about the texts.${failed}`
      : `Nothing went wrong with the numbers: every score from which a token was chosen is a number.${failed}`;
  const scores = earliest.logits ? `: ${scoresWords(earliest.logits)}` : '';
  return `For ${count(broken.length)} of ${counted(rows.length, 'prompt')} the scores of the next token are not numbers, so no token can be chosen there. It happens earliest at prompt ${earliest.row + 1}, token ${earliest.tokens.length + 1}${scores}. ${NAN}; whatever reads a NaN gives NaN again. A generation is not traced, so it does not show in which layer it began.${failed}`;
}

function generationAdvice(
  { verdict }: GenerationRecord,
  folder: string | undefined,
  traced: boolean,
): string {
  const step = traced
    ? 'See where the first NaN begins with the command below.'
    : verdict.next || 'Nothing to fix.';
  const failed = verdict.exitCode === 0 ? '' : ` The command left with exit code ${verdict.exitCode}.`;
  const more = folder === undefined ? '' : ` The whole report: nanscope report ${folder}.`;
  return `${step}${more}${failed}`.trim();
}

export function generationStory(record: GenerationRecord, folder: string | undefined): Story {
  const command = brokenOf(record.rows)[0]?.evaluate;
  return {
    paragraphs: [
      ['What went wrong first', generationFirst(record)],
      ['What each prompt gave', promptsPart(record)],
      ['What to do', generationAdvice(record, folder, command !== undefined)],
    ],
    ...(command !== undefined && { command }),
  };
}
