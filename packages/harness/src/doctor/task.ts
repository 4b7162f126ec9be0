/** What a process that examines a backend is asked, and what it says as it goes: what was said before it ends is kept. */
import type { Probe } from '@nanscope/backend';
import type { DoctorBackend, SelfCheck } from '@nanscope/report';

export interface ExamineTask {
  readonly id: string;
  /** A third-party backend's module. */
  readonly backendFile?: string;
}

export type ExamineMessage =
  | { readonly kind: 'probe'; readonly probe: Probe }
  | ({ readonly kind: 'measured' } & Partial<Pick<DoctorBackend, 'limits' | 'kernels' | 'shader'>>)
  | { readonly kind: 'check'; readonly check: SelfCheck };
