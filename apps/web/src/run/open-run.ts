/** A finished run, from files that may come from anywhere. */
import type { ReportSubject } from '@nanscope/record';
import type { PageFile } from '../worker/tasks.ts';
import { answerOf } from './answer.ts';
import { startWorker } from './start-worker.ts';

/** @throws {UserError} for what is no run, or one of another version */
export async function openRun(files: readonly PageFile[]): Promise<ReportSubject> {
  const subject = answerOf(await startWorker('open', { files }));
  if (!subject) throw new Error('It could not be opened.');
  return subject;
}
