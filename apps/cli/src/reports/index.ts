/** `--reporter` of a command: checked before the run, made after it. */
import { withFilesBeside } from '@nanscope/harness';
import type { AnyRecord } from '@nanscope/record';
import { type Reporter, reporters } from '@nanscope/report';
import { planReports } from './plan.ts';
import { checkPlaces, writeReports } from './write.ts';

export interface ReportFlags {
  readonly reporter?: readonly string[];
  readonly json: boolean;
}

/**
 * @param leavesFolder whether the command leaves a run folder, for reporters that write into it
 * @returns makes the reports of a result, whose run folder is given where there is one
 * @throws {UserError} `usage/reporter`, before anything runs
 */
export function reportsOf(
  { reporter, json }: ReportFlags,
  leavesFolder: boolean,
): (record: AnyRecord, folder?: string) => Promise<void> {
  const plan = planReports(reporter, json, leavesFolder);
  checkPlaces(plan);
  const readsFiles = plan.some((one) => (reporters[one.reporter] as Reporter).readsFiles);
  return async (record, folder) => {
    const subject = readsFiles ? await withFilesBeside(record, folder) : { record };
    writeReports(plan, subject, folder);
  };
}
