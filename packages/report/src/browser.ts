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
export type { Answered } from './kinds/doctor/terminal.ts';
export { renderAnswers, renderDoctor } from './kinds/doctor/terminal.ts';
export { renderTerminal } from './kinds/evaluation/terminal.ts';
export { renderMatrix } from './kinds/matrix/terminal.ts';
export { bugReport, type ReportScripts } from './kinds/reduced/bug-report.ts';
export { renderReduced } from './kinds/reduced/terminal.ts';
export { titleWords } from './kinds/reduced/words.ts';
export { opBugReport, torchBugReport } from './kinds/reduced-op/bug-report.ts';
export { opTitleWords } from './kinds/reduced-op/words.ts';
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
export type { RenderOptions } from './terminal/style.ts';
export { type TerminalStyle, terminalStyle } from './terminal/style.ts';
export { oneCaseCommand, shellWord } from './text/line.ts';
export {
  count,
  counted,
  float32Words,
  setting as settingWords,
  tolerance as toleranceWords,
} from './text/number.ts';
export type { RerunAdvice, TapReplay } from './verdicts/clauses.ts';
export { type ConformDecision, conformCountWords, wordConform } from './verdicts/conform.ts';
export type { Advice, Beside, Decision, Reason } from './verdicts/decision.ts';
export { wordDoctor, wordTorch } from './verdicts/doctor.ts';
export { hiddenWords, wordVerdict } from './verdicts/evaluation.ts';
export { wordGeneration } from './verdicts/generation.ts';
export { originWords, placeWords } from './verdicts/places.ts';
export { wordSelftest } from './verdicts/selftest.ts';
export {
  type OwnReason,
  type TrainAdvice,
  type TrainDecision,
  type TrainReason,
  wordTrainVerdict,
} from './verdicts/training.ts';
export { glossary, type Term } from './words/glossary.ts';
export { replaysWords, stepWords } from './words/tracing.ts';
export { type Verdict, verdictOf } from './words/verdict.ts';
