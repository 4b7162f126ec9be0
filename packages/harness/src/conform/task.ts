/** What the parent hands a lane that runs conformance cases, and what that says of each. */
import type { CaseResult } from '@nanscope/conform';
import type { EnvironmentRecord } from '@nanscope/report';
import type { ConformConfig } from '../config/conform-config.ts';
import type { LaneTaskBase } from '../lane/task.ts';

export interface ConformTask extends Pick<LaneTaskBase, 'decision'> {
  readonly config: ConformConfig;
}

export type ConformMessage =
  | { readonly kind: 'opened'; readonly environment: EnvironmentRecord }
  | { readonly kind: 'case'; readonly result: CaseResult };
