/**
 * Where a NaN is born and how it spreads: kernel taps, health by bits, gen/prop/kill, origin, mechanism.
 *
 * @module
 */

export type {
  Capture,
  CapturedInput,
  CapturedOp,
  CapturedTensor,
  Refused,
  Source,
} from './capture/attrs.ts';
export { type AttrJson, type AttrsJson, describeAttrs, NotPortable, readAttrs } from './capture/attrs.ts';
export { type CaptureOptions, MOST_BYTES, type OpenCapture, openCapture } from './capture/capture.ts';
export { type Digest, type OpenDigest, openDigest, SAMPLED } from './capture/digest.ts';
export { replayOp } from './capture/replay.ts';
export {
  type AlignedOp,
  type Alignment,
  alignTraces,
  type ClassCounts,
  type ClassDivergence,
  type ObserverEffect,
  observerEffect,
  sameBits,
} from './compare/align.ts';
export { type CommonNames, commonNames, type Placed, workOf } from './compare/common-names.ts';
export type { DivergenceLabel } from './compare/divergence.ts';
export { countBits } from './health/bits.ts';
export { chooseCounter } from './health/choose.ts';
export type { HealthCounter, Measurement } from './health/gate.ts';
export { anyNonFinite } from './health/gate.ts';
export { type CascadeEvent, cascadeEvents, type LineOptions, parseTraces, traceLines } from './jsonl.ts';
export { type BenignRule, benignRules } from './judge/benign.ts';
export {
  classifyOps,
  type Judgement,
  type Mechanism,
  type MechanismName,
  mechanismOf,
  type OpClass,
} from './judge/classify.ts';
export type { TraceData } from './judge/context.ts';
export { type BatchContext, contextOf, type MaskFacts, maskFacts } from './judge/context.ts';
export { type Coordinates, coordinatesOf } from './judge/coordinates.ts';
export { type Laundering, launderings } from './judge/laundering.ts';
export { mechanismRules } from './judge/mechanisms/index.ts';
export type { MechanismRule } from './judge/mechanisms/rule.ts';
export { findOrigin, type Origin, type Turn } from './judge/origin.ts';
export {
  MOVES,
  movedByOneRounding,
  roundingAllowance,
  roundingsOf,
  toleranceAllowance,
} from './shadow/allowance.ts';
export {
  classesPermitted,
  type ExpectedElement,
  expectedElement,
  permittedByFloat32,
} from './shadow/any-order/index.ts';
export { type Deviation, deviationOf, equalBits, isApart, type Place } from './shadow/deviation.ts';
export {
  type DifferingInput,
  firstMagnitudeDivergence,
  judgeShadow,
  type MagnitudeDivergence,
  mostDifferingInput,
  type ShadowFacts,
  type ShadowJudgement,
  type ShadowVerdict,
} from './shadow/judge.ts';
export { overflowPermitted } from './shadow/reach.ts';
export { type PositionPicture, positionPicture, type SpreadStep, spreadOf } from './spread/spread.ts';
export {
  checkFilteredOps,
  filterWords,
  parseTapFilter,
  phases,
  type TapFilter,
  tapPasses,
} from './taps/filter.ts';
export { namesOf } from './taps/names.ts';
export type { NameOf } from './taps/recorder.ts';
export { callOf } from './taps/scope.ts';
export { type Alter, wrappedKernels } from './taps/taps.ts';
export { openTrace, type Trace, type TraceableSession, type TraceOptions } from './taps/trace.ts';
export * from './types.ts';
export { type WarningRule, warningRules } from './warn/rules.ts';
export { type EarlyWarning, earlyWarning, type TapHeadroom } from './warn/warn.ts';
