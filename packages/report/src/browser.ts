/** The part of the package that needs no file system: what a page can import. @module */

export { browserScript } from './html/browser-script.ts';
export {
  badge,
  type Content,
  commandLine,
  fields,
  Html,
  html,
  type Section,
  section,
  table,
} from './html/parts.ts';
export { style as reportStyle } from './html/style.ts';
export { type Check, checksOf } from './kinds/checks.ts';
export { claimsMarkdown } from './kinds/claims/markdown.ts';
export { renderClaims } from './kinds/claims/terminal.ts';
export { renderConform } from './kinds/conform/terminal.ts';
export { type Answered, renderAnswers, renderDoctor } from './kinds/doctor/terminal.ts';
export { renderTerminal } from './kinds/evaluation/terminal.ts';
export { renderMatrix } from './kinds/matrix/terminal.ts';
export { renderReduced } from './kinds/reduced/terminal.ts';
export { renderSelftest } from './kinds/selftest/terminal.ts';
export { renderTraining } from './kinds/training/html.ts';
export { shapeSymbols } from './lanes/html/cascade-graph.ts';
export { facts as reportFacts, reportSections } from './page/facts.ts';
export {
  type ProgressLineOptions,
  type ProgressState,
  progressLine,
  progressLogLine,
} from './progress/line.ts';
export { createProgress, type Progress, type ProgressOptions } from './progress/writer.ts';
export { type RenderOptions, type TerminalStyle, terminalStyle } from './terminal/style.ts';
export { glossary, type Term } from './words/glossary.ts';
