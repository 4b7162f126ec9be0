/** What the parent hands a process that generates, and what that says of each row. */

import type { GenerateOptions, LogitClasses, RowEnd } from '@nanscope/model';
import type { GenerateConfig } from '@nanscope/settings';
import type { LaneTaskBase } from '../protocol/task.ts';
import type { Prompt } from './prompts.ts';
import type { GenerationSettings } from './settings.ts';

export interface GenerateTask extends Pick<LaneTaskBase, 'decision' | 'policy'> {
  readonly config: GenerateConfig;
  readonly settings: GenerationSettings;
  readonly prompts: readonly Prompt[];
}

/** A row that has ended. */
export interface Continuation {
  /** Place of its prompt. */
  readonly row: number;
  readonly prompt: string;
  /** Without the end token. */
  readonly text: string;
  /** Every generated token. */
  readonly tokens: readonly number[];
  readonly ended: RowEnd | 'non-finite';
  /** The classes of the logits in the step after the last token, for a row that ended non-finite. */
  readonly logits?: LogitClasses;
}

export interface ContinuationMessage {
  readonly kind: 'continuation';
  readonly continuation: Continuation;
}

/** Pure: from flags and settings to what the model is asked for. */
export function generateOptions(
  config: GenerateConfig,
  { strategy, temperature, topK, topP, maxNewTokens, maxLength, eosTokenIds }: GenerationSettings,
  { implementation, policy }: Pick<GenerateOptions, 'implementation' | 'policy'>,
): GenerateOptions {
  return {
    ...{ strategy, temperature, topK, topP, maxNewTokens, maxLength },
    eosTokenId: eosTokenIds,
    seed: config.seed,
    implementation,
    policy,
    kernel: config.sdpaKernel,
  };
}
