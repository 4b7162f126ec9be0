/** Where a lane puts what it records: a folder on a disk, or the memory of a page. Names are those of a run folder's files. */

export interface RecordSink {
  /** Replaces a whole record in one step. Non-finite numbers become strings. */
  write(name: string, value: unknown): void;
  /** Adds a line. Non-finite numbers become strings. */
  append(name: string, value: unknown): void;
  /** Adds lines that are JSON already. */
  appendLines(name: string, lines: readonly string[]): void;
}
