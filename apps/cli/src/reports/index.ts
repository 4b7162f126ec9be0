/** `--reporter` of a command: checked before the run, made after it. */
import type { ReportSubject } from '@nanscope/report';
import { planReports } from './plan.ts';
import { checkPlaces, writeReports } from './write.ts';

interface Asked {
  readonly reporter?: readonly string[];
  readonly json: boolean;
}

/**
 * @param leavesFolder whether the command leaves a run folder, for reporters that write into it
 * @returns makes the reports
 * @throws {UserError} `usage/reporter`, before anything runs
 */
export function reportsOf(
  { reporter, json }: Asked,
  leavesFolder: boolean,
): (subject: ReportSubject, folder?: string) => void {
  const plan = planReports(reporter, json, leavesFolder);
  checkPlaces(plan);
  return (subject, folder) => writeReports(plan, subject, folder);
}
