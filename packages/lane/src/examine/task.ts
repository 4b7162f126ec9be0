/** What a process that examines a backend is asked, and what it says as it goes: what was said before it ends is kept. */
import type { Probe } from '@nanscope/backend';
import type { SelfCheck } from '@nanscope/record';
import type { Measured } from './measure.ts';

export interface ExamineTask {
  readonly id: string;
  /** A third-party backend's module. */
  readonly backendFile?: string;
}

export type ExamineMessage =
  | { readonly kind: 'probe'; readonly probe: Probe }
  | ({ readonly kind: 'measured' } & Measured)
  | { readonly kind: 'check'; readonly check: SelfCheck };
