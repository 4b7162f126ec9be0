/** The resolved configuration of a conformance run: every flag with its value, typed. */
import type { OnnxruntimeOperator } from '@nanscope/conform';
import type { EvalConfig } from './eval-config.ts';
import type { Selection } from './shared-flags.ts';

export interface ConformConfig
  extends Selection,
    Pick<EvalConfig, 'device' | 'python' | 'backend' | 'mpsRule' | 'laneTimeout' | 'json' | 'reporter'> {
  readonly attn: EvalConfig['attn'] | 'fused' | OnnxruntimeOperator;
  /** Folders. */
  readonly vectors?: readonly string[];
  /** A part of an id, or a whole one with `*` and `?`. */
  readonly filter?: string;
}
