/** What the parent hands a process that tries cases, what it says to it afterwards, and what comes back. */
import type { BatchTrace, Capture } from '@nanscope/cascade';
import type { EnvironmentRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import type { LaneTaskBase } from '../protocol/task.ts';
import type { Case } from './case.ts';

export interface ReduceTask extends Pick<LaneTaskBase, 'decision'> {
  readonly config: EvalConfig;
}

/** From the parent: try this one. */
export interface CaseMessage {
  readonly kind: 'case';
  readonly id: number;
  readonly candidate: Case;
  /** The call to capture whole, by its key. */
  readonly call?: string;
}

/** What a case gave on one device. */
export interface Tried {
  readonly trace: BatchTrace;
  /** Mean over the supervised tokens, in nats. */
  readonly loss: number;
  /** Of the call that was asked for. */
  readonly captured?: Capture;
}

export type ReduceMessage =
  | { readonly kind: 'opened'; readonly environment: EnvironmentRecord }
  /** Without `tried` there was nothing to compute, or the error says what was in the way. */
  | { readonly kind: 'tried'; readonly id: number; readonly tried?: Tried; readonly error?: string };
