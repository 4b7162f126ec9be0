/** What the parent hands a lane, and what a lane says while it runs. The results themselves go through the run folder. */
import type { Decision } from '@nanscope/device';
import type { EvalConfig } from '../config/eval-config.ts';

export interface LaneTask {
  readonly kind: 'lane';
  readonly role: 'target' | 'reference';
  readonly folder: string;
  readonly config: EvalConfig;
  readonly decision: Decision;
  /** Batches that will be evaluated, as counted before the start. */
  readonly batches: number;
}

export type LaneMessage =
  | { readonly kind: 'loading'; readonly what: string }
  | {
      readonly kind: 'progress';
      readonly batches: number;
      readonly total: number;
      readonly tokensPerSecond: number;
    }
  | { readonly kind: 'done' }
  /** A mistake of the user's that only the lane could see. */
  | { readonly kind: 'user-error'; readonly code: string; readonly message: string; readonly exitCode: 2 | 3 }
  | { readonly kind: 'device-lost'; readonly reason: string };

export interface LaneOutcome {
  readonly status: 'complete' | 'crashed' | 'hung' | 'device-lost' | 'failed' | 'interrupted';
  /** One line: why it is not complete. */
  readonly failure?: string;
  readonly userError?: { readonly code: string; readonly message: string; readonly exitCode: 2 | 3 };
}
