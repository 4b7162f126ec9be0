/** The files of a run as they come from its lanes, by path in the run folder; in the page's memory until they are saved. */

import { answerOf } from '@nanscope/lane';
import type { ReportSubject } from '@nanscope/record';
import type { FileMessage, LaneTexts, PageFile } from '../worker/tasks.ts';
import { startWorker } from './start-worker.ts';

export class RunFiles {
  readonly #parts = new Map<string, string[]>();

  put(path: string, text: string, how: FileMessage['how'] = 'replace'): void {
    const parts = this.#parts.get(path);
    if (how === 'append' && parts) parts.push(text);
    else this.#parts.set(path, [text]);
  }

  text(path: string): string | undefined {
    return this.#parts.get(path)?.join('');
  }

  /** Those in a folder, by their names in it. */
  inside(folder: string): LaneTexts {
    const texts: Record<string, string> = {};
    for (const [path, parts] of this.#parts)
      if (path.startsWith(`${folder}/`)) texts[path.slice(folder.length + 1)] = parts.join('');
    return texts;
  }

  all(): ReadonlyMap<string, string> {
    return new Map([...this.#parts].map(([path, parts]) => [path, parts.join('')]));
  }
}

// A finished run, from files that may come from anywhere.

/** @throws {UserError} for what is no run, or one of another version */
export async function openRun(files: readonly PageFile[]): Promise<ReportSubject> {
  const subject = answerOf(await startWorker('open', { files }));
  if (!subject) throw new Error('It could not be opened.');
  return subject;
}
