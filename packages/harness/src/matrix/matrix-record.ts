/** From what was run and seen to the record of a matrix: the table is summed up here. Pure. */
import { type Cell, cellId, summarizeMatrix } from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import type { MatrixRecord } from '@nanscope/record';
import { shellWord } from '@nanscope/report';

/** Surprises that a result names; cells.jsonl holds every cell. */
const MOST_SURPRISES = 50;

/** @param backend third-party module that the reproducing commands have to name */
export function matrixRecord(
  head: Omit<MatrixRecord, 'cells' | 'asPredicted' | 'surprises' | 'surprisesCut' | 'answers'>,
  planned: readonly Cell[],
  seen: ReadonlyMap<string, CellResult>,
  backend?: string,
): MatrixRecord {
  const table = planned.flatMap((cell) => {
    const result = seen.get(cellId(cell));
    return result && 'observation' in result ? [{ cell, outcome: result.observation }] : [];
  });
  const gpus = new Set(head.devices.filter(({ gpu }) => gpu).map(({ name }) => name));
  const whole =
    head.shard === undefined && !head.lastFailed && planned.every((cell) => seen.has(cellId(cell)));
  const { cells, asPredicted, surprises, answers } = summarizeMatrix(table, gpus, whole);
  const third = backend === undefined ? '' : ` --backend ${shellWord(backend)}`;
  return {
    ...head,
    cells,
    asPredicted,
    surprises: surprises.slice(0, MOST_SURPRISES).map(({ id, differences }) => ({
      id,
      differences,
      command: `nanscope matrix${third} --filter ${shellWord(id)}`,
    })),
    surprisesCut: Math.max(0, surprises.length - MOST_SURPRISES),
    answers: answers.map(({ necessity, minimalSets, ...answer }) => ({
      ...answer,
      ...(minimalSets && {
        minimalSets: minimalSets.map(({ conditions, ...set }) => ({
          ...set,
          conditions: conditions as Record<string, readonly string[]>,
        })),
      }),
      necessity: necessity.map(({ example, ...rest }) => ({
        ...rest,
        ...(example && { example: cellId(example) }),
      })),
    })),
  };
}
