/**
 * Where a NaN is born and how it spreads: kernel taps, health by bits, gen/prop/kill, origin, mechanism.
 *
 * @module
 */
export { countBits } from './health/bits.ts';
export { anyNonFinite } from './health/gate.ts';
export { type BenignRule, benignRules } from './judge/benign.ts';
export { classifyOps, type Judgement, type OpClass } from './judge/classify.ts';
export { type BatchContext, contextOf, type MaskFacts, maskFacts } from './judge/context.ts';
export { type Coordinates, coordinatesOf } from './judge/coordinates.ts';
export type { TraceData } from './judge/inputs.ts';
export { type Mechanism, type MechanismName, mechanismOf } from './judge/mechanism.ts';
export { findOrigin, type Origin } from './judge/origin.ts';
export type { NameOf } from './taps/recorder.ts';
export { openTrace, type Trace, type TraceableSession, type TraceOptions } from './taps/trace.ts';
export * from './types.ts';
