/** Everything that is written down: schemas of records and lines, JSON Schema, one way to read them, durable writes. @module */
export * from './browser.ts';
export {
  checkEarlierRun,
  checkNewRun,
  type FolderKind,
  fileInside,
  holdFolder,
  type Inputs,
  isWithin,
  kindWords,
  PATIENCE_SECONDS,
} from './node/own-folder.ts';
export {
  linesOf,
  readJsonLines,
  readLane,
  readRun,
  readRunFile,
  readText,
  readTrainLane,
  wholeLines,
} from './node/read.ts';
export {
  appendJsonLine,
  appendLines,
  folderSink,
  makeRunFolder,
  moveAside,
  writeJson,
} from './node/write.ts';
