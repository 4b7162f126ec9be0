/** The part of the package that needs no file system: what a page can import. @module */
export { type Check, checksOf } from './checks/index.ts';
export { claimsMarkdown } from './claims/markdown.ts';
export { renderClaims } from './claims/render.ts';
export { renderConform } from './conform/render.ts';
export { renderAnswers, renderDoctor } from './doctor/render.ts';
export type { Answered } from './doctor/table.ts';
export { browserScript } from './html/browser-script.ts';
export { shapeSymbols } from './html/cascade-graph.ts';
export { facts as reportFacts } from './html/facts.ts';
export { type Content, Html, html } from './html/html.ts';
export { badge, commandLine, fields, type Section, section, table } from './html/parts.ts';
export { reportSections } from './html/sections.ts';
export { style as reportStyle } from './html/style.ts';

export { renderMatrix } from './matrix/render.ts';

export {
  type ProgressLineOptions,
  type ProgressState,
  progressLine,
  progressLogLine,
} from './progress/line.ts';
export { createProgress, type Progress, type ProgressOptions } from './progress/writer.ts';
export { bugReport } from './reduced/bug-report.ts';
export { renderReduced } from './reduced/render.ts';

export { renderSelftest } from './selftest/render.ts';
export { type RenderOptions, renderTerminal } from './terminal/render.ts';
export { replaysWords, stepWords } from './terminal/shadow-words.ts';
export { type TerminalStyle, terminalStyle } from './terminal/style.ts';
export { count, counted, setting as settingWords, tolerance as toleranceWords } from './text/number.ts';

export { shellWord } from './text/shell-word.ts';
export { renderTraining } from './training/render.ts';
export { type Verdict, verdictOf } from './verdict.ts';
