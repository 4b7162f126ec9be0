/** One result schema, and the reports made from it. @module */
export { claimsMarkdown } from './claims/markdown.ts';
export { renderClaims } from './claims/render.ts';
export { renderConform } from './conform/render.ts';
export {
  claimsJsonSchema,
  conformJsonSchema,
  laneJsonSchema,
  matrixJsonSchema,
  renderJson,
  resultJsonSchema,
  trainJsonSchema,
  trainLaneJsonSchema,
} from './json.ts';
export { renderMatrix } from './matrix/render.ts';
export { parseLane, parseResult } from './parse.ts';
export {
  type ProgressLineOptions,
  type ProgressState,
  progressLine,
  progressLogLine,
} from './progress/line.ts';
export { createProgress, type Progress, type ProgressOptions } from './progress/writer.ts';
export * from './schema/index.ts';
export { type RenderOptions, renderTerminal } from './terminal/render.ts';
export { type TerminalStyle, terminalStyle } from './terminal/style.ts';
export { sanitize } from './text/sanitize.ts';
export { shellWord } from './text/shell-word.ts';
export { renderTraining } from './training/render.ts';
