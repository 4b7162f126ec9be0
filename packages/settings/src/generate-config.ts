/** The resolved configuration of a generation: every flag with its value, typed. What `eval` has as well is typed there. */
import type { EvalConfig } from './eval-config.ts';

type Shared =
  | 'model'
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
