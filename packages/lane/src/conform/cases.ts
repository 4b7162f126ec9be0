/** The cases that a configuration names: ours, and those of folders with vectors. Which of them run is the parent's choice. */
import { idFilter, readVectors } from '@nanscope/conform';
import type { ConformConfig } from '@nanscope/settings';
import { isOnnxruntime } from './onnxruntime.ts';
import { type AnyCase, ownCases, refuseNoCases } from './own-cases.ts';

export interface ReadCases {
  readonly cases: readonly AnyCase[];
  /** One line for each vector that cannot be read. */
  readonly badVectors: readonly string[];
}

/** @throws UserError `conform/no-vectors`, `conform/no-cases` */
export async function readCases({
  vectors = [],
  filter,
  attn,
}: Pick<ConformConfig, 'vectors' | 'filter' | 'attn'>): Promise<ReadCases> {
  const wanted = idFilter(filter);
  const cases = [...ownCases(filter, isOnnxruntime(attn))];
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
