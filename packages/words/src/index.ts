/** The sentences of decisions, places and figures: what records keep and reports print. Nothing here is laid out. @module */
export {
  coordinateWords,
  keyWords,
  perLane,
  placeOfEvent,
  placeOfPath,
  policyWords,
  positionWords,
  type Role,
  roles,
  type Said,
  stageWords,
} from './codes.ts';
export {
  bytes,
  count,
  counted,
  difference,
  duration,
  float32Words,
  measured,
  percent,
  rate,
  setting,
  tolerance,
} from './number.ts';
export { oneCaseCommand, plain, shellWord } from './paste.ts';
export { bugReport, type ReportScripts } from './reduced/bug-report.ts';
export {
  causeWords,
  evidenceWords,
  heldWords,
  inputWords,
  scriptWords,
  searchWords,
  sizeWords,
  titleWords,
  weightWords,
} from './reduced/case.ts';
export {
  attributeWords,
  basisWords,
  elementsOf,
  expectedRange,
  operandWords,
  opScriptWords,
  opSearchWords,
  opTitleWords,
} from './reduced/op.ts';
export { opBugReport, torchBugReport } from './reduced/op-bug-report.ts';
export {
  deviationWords,
  replaysWords,
  startWords,
  stepWords,
  type TracingWords,
  tracingWords,
} from './tracing.ts';
export type { RerunAdvice, TapReplay } from './verdicts/clauses.ts';
export { type ConformDecision, wordConform } from './verdicts/conform.ts';
export type { Advice, Beside, Decision, Reason } from './verdicts/decision.ts';
export { wordDoctor, wordTorch } from './verdicts/doctor.ts';
export { hiddenWords, wordVerdict } from './verdicts/evaluation.ts';
export { wordGeneration } from './verdicts/generation.ts';
export { originWords, placeWords } from './verdicts/places.ts';
export { wordSelftest } from './verdicts/selftest.ts';
export { type Verdict, verdictOf, verdictStyle, verdictTitles } from './verdicts/title.ts';
export {
  type OwnReason,
  type TrainAdvice,
  type TrainDecision,
  type TrainReason,
  wordTrainVerdict,
} from './verdicts/training.ts';
