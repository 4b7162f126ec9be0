/** What the parent hands a lane that runs conformance cases, and what that says of each. */
import type { CaseResult, TensorflowAttention } from '@nanscope/conform';
import type { EnvironmentRecord } from '@nanscope/record';
import type { ConformConfig } from '@nanscope/settings';
import type { LaneTaskBase } from '../protocol/task.ts';

export interface ConformTask extends Pick<LaneTaskBase, 'decision'> {
  readonly config: ConformConfig;
  /** Ids of the cases to run. */
  readonly cases: readonly string[];
}

/** What is put under the suite. */
export function implementationOf({
  config,
  decision,
}: Pick<ConformTask, 'config' | 'decision'>): TensorflowAttention {
  return config.attn === 'fused' ? 'fused' : decision.attention;
}

export type ConformMessage =
  | { readonly kind: 'opened'; readonly environment: EnvironmentRecord }
  | { readonly kind: 'case'; readonly result: CaseResult };
