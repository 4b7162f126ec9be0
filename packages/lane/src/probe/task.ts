/** What a probing process is asked and what it answers. */
import type { Probe } from '@nanscope/backend';
import type { AttentionProbeOutcome } from '@nanscope/device';
import type { ErrorCode } from '@nanscope/errors';

export interface ProbeTask {
  readonly kind: 'probe';
  /** Backends to look at. */
  readonly ids: readonly string[];
  /** A third-party backend's module. */
  readonly backendFile?: string;
}

export type ProbeMessage = { readonly kind: 'probe'; readonly probe: Probe };

export interface AttentionProbeTask {
  readonly kind: 'attention';
  readonly id: string;
  readonly backendFile?: string;
}

export type AttentionProbeMessage =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly AttentionProbeOutcome[] }
  | {
      readonly kind: 'user-error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly exitCode: 2 | 3;
    };
