/** The records of a lane as files of its run folder. */
import type { RecordSink } from '../sink.ts';
import { appendJsonLine, appendLines, writeJson } from './write.ts';

export function folderSink(folder: string): RecordSink {
  return {
    write: (name, value) => writeJson(folder, name, value),
    append: (name, value) => appendJsonLine(folder, name, value),
    appendLines: (name, lines) => appendLines(folder, name, lines),
  };
}
