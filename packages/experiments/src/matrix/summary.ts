/** From a table of observed cells to what it says: counts, minimal sufficient sets, necessary conditions, surprises. Pure. */
import { type Cell, cellId, differences, type Outcome } from '../cell/cell.ts';
import { predict } from '../cell/predict.ts';
import {
  minimalSufficientSets,
  type Necessity,
  namedConditions,
  necessityOf,
  type SufficientSet,
} from './conditions.ts';

export interface ObservedCell {
  readonly cell: Cell;
  readonly outcome: Outcome;
}

/** What is asked of a table. */
export const questions = {
  'nan-positions': ({ nanMap }) => nanMap !== 'none',
  'nan-loss': ({ loss }) => loss === 'NaN',
  'nan-gradients': ({ gradients }) => gradients === 'NaN',
  leak: ({ leak }) => leak !== 'none',
  'leak-at-label': ({ leak }) => leak === 'labelled',
} as const satisfies Record<string, (outcome: Outcome) => boolean>;

export type Question = keyof typeof questions;

/** Where a question can be answered at all; absent: in every cell. */
const answerable: Partial<Record<Question, (outcome: Outcome) => boolean>> = {
  'nan-gradients': ({ gradients }) => gradients !== 'none',
};

export interface Answer {
  readonly question: Question;
  /** Cells that show it. */
  readonly cells: number;
  /** Cells in which it was looked for, where that is not all of them: inference computes no gradients. */
  readonly asked?: number;
  /** Absent for a part of a table: what is enough in it need not be enough in the whole. */
  readonly minimalSets?: readonly SufficientSet[];
  readonly necessity: readonly Necessity[];
}

/** A cell that does not show what the oracle predicts. */
export interface Surprise {
  readonly id: string;
  readonly differences: readonly string[];
}

export interface MatrixSummary {
  readonly cells: number;
  readonly asPredicted: number;
  readonly surprises: readonly Surprise[];
  readonly answers: readonly Answer[];
}

/**
 * @param gpus the device names of the table that are GPUs
 * @param whole whether every combination was observed that can be
 */
export function summarizeMatrix(
  table: readonly ObservedCell[],
  gpus: ReadonlySet<string>,
  whole: boolean,
): MatrixSummary {
  const cells = table.map(({ cell }) => cell);
  const predicted = new Map<string, Outcome>();
  const prediction = (cell: Cell): Outcome => {
    // Neither who computes nor where changes what must come out.
    const key = cellId({ ...cell, device: '', attn: 'eager' });
    const known = predicted.get(key) ?? predict(cell);
    predicted.set(key, known);
    return known;
  };
  const surprises = table.flatMap(({ cell, outcome }) => {
    const found = differences(outcome, prediction(cell));
    return found.length > 0 ? [{ id: cellId(cell), differences: found }] : [];
  });
  const answers = (Object.keys(questions) as Question[]).map((question) => {
    const shows = table.map(({ outcome }) => questions[question](outcome));
    const asks = answerable[question];
    const asked = asks ? table.filter(({ outcome }) => asks(outcome)).length : table.length;
    return {
      question,
      cells: shows.filter(Boolean).length,
      ...(asked < table.length && { asked }),
      ...(whole && { minimalSets: minimalSufficientSets(cells, shows) }),
      necessity: namedConditions.map((condition) => necessityOf(condition, cells, shows, gpus, whole)),
    };
  });
  return { cells: table.length, asPredicted: table.length - surprises.length, surprises, answers };
}

/** FNV-1a over UTF-16 units, with a final mix so that the low bits depend on all of the text: the same number everywhere. */
export function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  return (state ^ (state >>> 12)) >>> 0;
}
