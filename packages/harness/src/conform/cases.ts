/** The cases of a configuration. Read by the command before anything starts, and again by the lane that runs them. */
import { type ConformCase, idFilter, readVectors } from '@nanscope/conform';
import type { ConformConfig } from '../config/conform-config.ts';
import { ownCases, refuseNoCases } from './own-cases.ts';

export interface ChosenCases {
  readonly cases: readonly ConformCase[];
  /** One line for each vector that can not be read. */
  readonly badVectors: readonly string[];
}

/** @throws UserError `conform/no-vectors`, `conform/no-cases` */
export async function chooseCases({ vectors = [], filter }: ConformConfig): Promise<ChosenCases> {
  const wanted = idFilter(filter);
  const cases = [...ownCases(filter)];
  const badVectors: string[] = [];
  const copies = new Map<string, number>();
  for (const folder of vectors) {
    const read = await readVectors(folder, wanted);
    for (const found of read.cases) {
      // The same case may come in two layouts.
      const copy = (copies.get(found.id) ?? 0) + 1;
      copies.set(found.id, copy);
      cases.push(copy === 1 ? found : { ...found, id: `${found.id};copy=${copy}` });
    }
    badVectors.push(...read.faults.map(({ message }) => message));
  }
  if (cases.length === 0 && badVectors.length === 0) refuseNoCases(filter);
  return { cases, badVectors };
}
