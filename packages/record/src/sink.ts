/** Where a lane puts what it records: a folder on a disk, or the memory of a page. Names are those of a run folder's files. */
import { stringifyExact } from './schema/number.ts';

export interface RecordSink {
  /** Replaces a whole record in one step. Non-finite numbers become strings. */
  write(name: string, value: unknown): void;
  /** Adds a line. Non-finite numbers become strings. */
  append(name: string, value: unknown): void;
  /** Adds lines that are JSON already. */
  appendLines(name: string, lines: readonly string[]): void;
}

// The records of a lane as texts of its files, character for character as they stand in a run folder.

/** A whole record. Non-finite numbers become strings. */
export const recordText = (value: unknown): string => `${stringifyExact(value, 2)}\n`;

/** One line of a .jsonl. Non-finite numbers become strings. */
export const lineText = (value: unknown): string => `${stringifyExact(value)}\n`;

/** Lines that are JSON already; nothing for none. */
export const linesText = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${lines.join('\n')}\n`;

/** @param put gets a file's name and a text that replaces it or is added to it */
export function textSink(put: (name: string, text: string, how: 'replace' | 'append') => void): RecordSink {
  return {
    write: (name, value) => put(name, recordText(value), 'replace'),
    append: (name, value) => put(name, lineText(value), 'append'),
    appendLines: (name, lines) => put(name, linesText(lines), 'append'),
  };
}
