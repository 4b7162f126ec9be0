/** The part of the package that needs no file system: what a page can import. @module */

export {
  claimsJsonSchema,
  conformJsonSchema,
  doctorJsonSchema,
  generationJsonSchema,
  laneJsonSchema,
  lineJsonSchemas,
  matrixJsonSchema,
  reducedJsonSchema,
  reducedOpJsonSchema,
  renderJson,
  resultJsonSchema,
  selftestJsonSchema,
  trainJsonSchema,
  trainLaneJsonSchema,
} from './json-schemas.ts';
export { anyLayer, backendName, isLastNorm, isResidualStream, layerNumber, stageOf } from './names.ts';
export { parseLane, parseResult, tooDeep } from './parse.ts';
export { parseJsonLines, parseRun } from './parse-lines.ts';
export {
  numberClass,
  requiredRtol,
  sameNumber,
  sanitize,
  sanitizeRecord,
  type Tolerance,
} from './sanitize.ts';
export * from './schema/index.ts';
export type { RecordSink } from './sink.ts';
export { lineText, recordText, textSink } from './sink.ts';
export { clip, clipStart, displayWidth, padEnd, padStart, wrap } from './width.ts';
