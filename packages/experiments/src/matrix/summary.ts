/** From a table of observed cells to what it says: counts, minimal sufficient sets, necessary conditions, surprises. Pure. */
import { type Cell, cellId } from '../cell/cell.ts';
import { differences, type Outcome } from '../cell/outcome.ts';
import { predict } from '../cell/predict.ts';
import { type Necessity, namedConditions, necessityOf } from './conditions.ts';
import { minimalSufficientSets, type SufficientSet } from './minimal-sets.ts';

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

export interface Answer {
  readonly question: Question;
  /** Cells that show it. */
  readonly cells: number;
  readonly minimalSets: readonly SufficientSet[];
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

export function summarizeMatrix(table: readonly ObservedCell[], gpus: ReadonlySet<string>): MatrixSummary {
  const cells = table.map(({ cell }) => cell);
  const surprises = table.flatMap(({ cell, outcome }) => {
    const found = differences(outcome, predict(cell));
    return found.length > 0 ? [{ id: cellId(cell), differences: found }] : [];
  });
  const answers = (Object.keys(questions) as Question[]).map((question) => {
    const shows = table.map(({ outcome }) => questions[question](outcome));
    return {
      question,
      cells: shows.filter(Boolean).length,
      minimalSets: minimalSufficientSets(cells, shows),
      necessity: namedConditions.map((condition) => necessityOf(condition, cells, shows, gpus)),
    };
  });
  return { cells: table.length, asPredicted: table.length - surprises.length, surprises, answers };
}
