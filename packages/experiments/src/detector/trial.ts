/** One trial of the detector: what was done, what has to be found, what was found. Plain data; scored in score.ts. */
import type { BatchContext, BatchTrace, MechanismName } from '@nanscope/cascade';
import { findOrigin } from '@nanscope/cascade';

export const trialFamilies = ['injected', 'natural', 'clean'] as const;
export type TrialFamily = (typeof trialFamilies)[number];

/** What was put in the place of one element. `1e30` is finite: what it does downstream is the fault. */
export const faultKinds = ['NaN', '+Inf', '1e30'] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Expected {
  /** Key of the origin. */
  readonly key: string;
  /** Any of these is right. */
  readonly mechanisms: readonly MechanismName[];
  /** Of an infinity that must be told to have become a NaN: at which key, and how. */
  readonly becameNaN?: { readonly key: string; readonly mechanism: MechanismName };
}

export interface Found {
  readonly key: string;
  readonly mechanism: MechanismName;
  readonly evidence: string;
  readonly becameNaN?: { readonly key: string; readonly mechanism: MechanismName };
  /** False when every descendant was killed: the op's own health shows it all the same. */
  readonly survives: boolean;
}

export interface Trial {
  readonly family: TrialFamily;
  /** `NaN at backward/Multiply#3:0`, `log of 0`, `safe, sdpa, left padding`. */
  readonly id: string;
  /** Of an injected fault: what it is counted under. */
  readonly kind?: FaultKind;
  readonly phase?: string;
  /** Absent of a clean run. */
  readonly expected?: Expected;
  /** Absent when the detector saw nothing. */
  readonly found?: Found;
  /** Why it counts neither for nor against: no fault came about. */
  readonly setAside?: string;
}

/** What the detector makes of a trace, with nothing but that trace. */
export function detect(trace: BatchTrace, context?: BatchContext): Pick<Trial, 'found'> {
  const origin = findOrigin(trace, context);
  if (!origin) return {};
  const { key, mechanism, becameNaN, survives } = origin;
  return {
    found: {
      key,
      mechanism: mechanism.name,
      evidence: mechanism.evidence,
      survives,
      ...(becameNaN && { becameNaN: { key: becameNaN.key, mechanism: becameNaN.mechanism.name } }),
    },
  };
}
