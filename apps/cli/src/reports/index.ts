/** `--reporter` of a command: checked before the run, made after it. */
import { Decorations } from '@nanscope/errors';
import type { AnyRecord } from '@nanscope/record';
import type { Reporter } from '@nanscope/report';
import { verdictOf } from '@nanscope/words';
import { harness } from '../harness.ts';

export interface ReportFlags {
  readonly reporter?: readonly string[];
  readonly json: boolean;
}

/**
 * @param leavesFolder whether the command leaves a run folder, for reporters that write into it
 * @returns makes the reports of a result, whose run folder is given where there is one
 * @throws {UserError} `usage/reporter`, before anything runs; after it, once every other report is made and unless the
 *   verdict has an exit code of its own
 */
export async function reportsOf(
  { reporter, json }: ReportFlags,
  leavesFolder: boolean,
): Promise<(record: AnyRecord, folder?: string) => Promise<void>> {
  const [{ reporters }, { planReports }, { checkPlaces, writeReports }] = await Promise.all([
    import('@nanscope/report'),
    import('./plan.ts'),
    import('./write.ts'),
  ]);
  const plan = planReports(reporter, json, leavesFolder);
  checkPlaces(plan);
  const readsFiles = plan.some((one) => (reporters[one.reporter] as Reporter).readsFiles);
  return async (record, folder) => {
    const decorations = new Decorations();
    const beside = readsFiles
      ? await decorations.makeLater('what lies beside the result', async () =>
          (await harness()).withFilesBeside(record, folder),
        )
      : undefined;
    const failed = writeReports(plan, beside ?? { record }, folder);
    for (const line of decorations.leftOut) process.stderr.write(`nanscope: ${line}\n`);
    // Where the result itself says that something is wrong, that is the exit code.
    if (failed !== undefined && verdictOf(record).exitCode === 0) throw failed;
    if (failed !== undefined) process.stderr.write(`nanscope: ${failed.message}\n`);
  };
}
