/** The resolved configuration of a generation: every flag with its value, typed. What `eval` has as well is typed there. */
import type { ConfigOf } from './config-of.ts';
import { type EvalConfig, toConfig } from './eval-config.ts';
import type { FlagValues } from './flag.ts';
import type { generateFlags } from './generate-flags.ts';

type Shared =
  | 'model'
  | 'dtype'
  | 'tokenizer'
  | 'data'
  | 'textField'
  | 'limit'
  | 'seed'
  | 'device'
  | 'backend'
  | 'mpsRule'
  | 'laneTimeout'
  | 'attn'
  | 'sdpaKernel'
  | 'policy'
  | 'like'
  | 'fill'
  | 'compose'
  | 'rowGuard'
  | 'computeDtype'
  | 'batchSize'
  | 'json';

export interface GenerateConfig extends Pick<EvalConfig, Shared> {
  readonly prompt?: readonly string[];
  readonly maxNewTokens?: number;
  /** Absent: the model's generation_config.json decides. */
  readonly greedy?: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
}

/** The interface above and the rows of the flags have to agree: the compiler refuses one that does not. */
export const toGenerateConfig = (values: FlagValues): GenerateConfig =>
  toConfig<ConfigOf<(typeof generateFlags)[number]>>(values);
