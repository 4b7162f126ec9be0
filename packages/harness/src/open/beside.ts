/** What lies beside a result in its run folder and belongs into a report of it. */
import type { AnyRecord, ReportSubject } from '@nanscope/record';
import { matrixCells } from '../matrix/read-cells.ts';
import { gradNorms } from '../train/grad-norms.ts';

/** @param folder undefined where the result is all there is */
export async function withFilesBeside(record: AnyRecord, folder: string | undefined): Promise<ReportSubject> {
  if (folder === undefined) return { record };
  if (record.kind === 'matrix') {
    const cells = await matrixCells(folder);
    return { record, ...(cells && { cells }) };
  }
  if (record.kind === 'train') {
    const norms = await gradNorms(folder, record);
    return { record, ...(norms && { gradNorms: norms }) };
  }
  return { record };
}
