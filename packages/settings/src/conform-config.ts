/** The resolved configuration of a conformance run: every flag with its value, typed. */
import type { OnnxruntimeOperator } from '@nanscope/conform';
import type { ConfigOf } from './config-of.ts';
import type { conformFlags } from './conform-flags.ts';
import { type EvalConfig, toConfig } from './eval-config.ts';
import type { FlagValues } from './flag.ts';
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

/** The interface above and the rows of the flags have to agree: the compiler refuses one that does not. */
export const toConformConfig = (values: FlagValues): ConformConfig =>
  toConfig<ConfigOf<(typeof conformFlags)[number]>>(values);
