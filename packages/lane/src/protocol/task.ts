/** What the parent hands a lane, and what a lane says while it runs. The results themselves go through the run folder. */
import type { Policy } from '@nanscope/attention';
import type { Decision } from '@nanscope/device';
import type { ErrorCode } from '@nanscope/errors';
import type { LaneRecord } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';

/** What every task says, whatever the lane computes. */
export interface LaneTaskBase {
  readonly role: 'target' | 'reference';
  readonly folder: string;
  /** At least: which third-party backend, and after how many silent seconds a lane counts as hung. */
  readonly config: Pick<EvalConfig, 'backend' | 'laneTimeout'>;
  readonly decision: Decision;
  /** What attention does with masks: made of the configuration by the parent, once, for every lane of a run. */
  readonly policy: Policy;
}

export interface LaneTask extends LaneTaskBase {
  readonly kind: 'lane';
  readonly config: EvalConfig;
  /** Batches that will be evaluated, as counted before the start. */
  readonly batches: number;
  /** Where these are not all rows of the text, for the record. */
  readonly cut?: LaneRecord['data']['cut'];
  /** Writes what each stage gave into the folder, for a lane of another engine. */
  readonly stages?: boolean;
  /** Goes on from what is in the folder, if anything is. */
  readonly resume?: boolean;
}

export type LaneMessage =
  | { readonly kind: 'loading'; readonly what: string }
  | {
      readonly kind: 'progress';
      readonly batches: number;
      readonly total: number;
      readonly tokensPerSecond: number;
      /** Further figures of the moment: `loss 3.21`. */
      readonly facts?: readonly string[];
    }
  /** The first value that is not finite, as soon as it is known; without a key where the loss alone shows it. */
  | { readonly kind: 'born'; readonly what: 'NaN' | 'Inf'; readonly batch: number; readonly key?: string }
  /** Something worth a line of its own. */
  | { readonly kind: 'note'; readonly text: string }
  /** All that counts is written: what the lane still looks at cannot cost it. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'done' }
  /** A mistake of the user's that only the lane could see. */
  | {
      readonly kind: 'user-error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly exitCode: 2 | 3;
      readonly values?: readonly string[];
    }
  /** It could not go on, for a reason that is not the user's command: a full disk. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'device-lost'; readonly reason: string };

export interface LaneOutcome {
  readonly status: 'complete' | 'crashed' | 'hung' | 'device-lost' | 'failed' | 'interrupted';
  /** One line: why it is not complete. */
  readonly failure?: string;
  readonly userError?: Omit<Extract<LaneMessage, { readonly kind: 'user-error' }>, 'kind'>;
}

// How a process of ours begins: the name of what it runs, and its task. What the names stand for is runners.ts's business.

export type RunnerName =
  | 'evaluate'
  | 'train'
  | 'generate'
  | 'shadow'
  | 'reduce-case'
  | 'cells'
  | 'conform'
  | 'trials'
  | 'examine'
  | 'probe';

/** Runs a task, sends messages as they come, and looks at `stop`, which is set when the parent asks it to end. */
export type Runner = (task: never, send: (message: unknown) => void, stop: AbortSignal) => Promise<void>;

/** The first message to a process, and to one that has stayed. */
export interface Start {
  readonly run: RunnerName;
  readonly task: unknown;
  /** It waits for another one when this is done. */
  readonly stay: boolean;
}
