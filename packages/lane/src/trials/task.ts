/** What the parent hands a process that puts the detector to the test, and what that says of each trial. */
import type { Trial, TrialPlan } from '@nanscope/experiments';
import type { LaneTaskBase } from '../protocol/task.ts';

export interface SelftestTask extends Pick<LaneTaskBase, 'decision' | 'config'> {
  readonly share: number;
}

export type SelftestMessage =
  /** Once, before the first trial. */
  | { readonly kind: 'plan'; readonly plan: TrialPlan }
  /** Trials that were run since the last message. */
  | { readonly kind: 'trials'; readonly trials: readonly Trial[] };
