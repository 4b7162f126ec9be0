/** The finished run that comes with the page: read like any run that a visitor opens. */
import type { ReportSubject } from '@nanscope/record';
import exampleUrl from '../../example/run.json?url';
import { openRun } from './run-files.ts';

/** @returns undefined where it could not be fetched */
export async function openExample(): Promise<ReportSubject | undefined> {
  const response = await fetch(exampleUrl).catch(() => undefined);
  if (!response?.ok) return undefined;
  const file = new File([await response.blob()], 'example.json');
  return openRun([{ path: file.name, file }]);
}
