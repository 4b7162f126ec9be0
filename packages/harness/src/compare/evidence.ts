/** What a verdict is decided from, and the form of what is decided. */
import type { LaneOutcome, LaneTask } from '@nanscope/lane';
import type { ComparisonRecord, LaneRecord } from '@nanscope/record';
import type { Finding } from '@nanscope/settings';
import type { Advice, Decision, Reason, TrainAdvice, TrainDecision, TrainReason } from '@nanscope/words';

export interface Evidence {
  readonly target?: LaneRecord | undefined;
  readonly reference?: LaneRecord | undefined;
  readonly comparison?: ComparisonRecord | undefined;
  readonly outcomes: Partial<Record<LaneTask['role'], LaneOutcome>>;
  readonly referenceWanted: boolean;
  /** The command as typed, to build the next one from. */
  readonly command: string;
  /** Runs made apart may differ in configuration; lanes of one run may not. */
  readonly separateRuns?: boolean;
  /** The folder in which `nanscope reduce` can read it; absent where it cannot. */
  readonly reducible?: string | undefined;
  /** The run folder of an evaluation, which can be gone on with. */
  readonly folder?: string | undefined;
  /** `--fail-on`; absent: what was asked for decides. */
  readonly failOn?: readonly Finding[] | undefined;
}

/** What is decided of the lanes, before what a loss leaves out is set beside it. */
export type Verdict = Omit<Decision, 'beside'>;

/** What is the case, the exit code, why, and what to do next: of an evaluation or of a training run. */
export const verdictOf = <
  Code extends Decision['code'] | TrainDecision['code'],
  Because extends Reason | TrainReason,
  Next extends readonly (Advice | TrainAdvice)[],
>(
  code: Code,
  exitCode: Decision['exitCode'],
  reason: Because,
  ...next: Next
) => ({ code, exitCode, reason, next });
