/** The resolved configuration of an evaluation: every flag with its value, typed. */
import type { ConfigOf } from './config-of.ts';
import type { evalFlags } from './eval-flags.ts';
import type { Finding } from './fail-on.ts';
import type { FlagValues } from './flag.ts';

export interface EvalConfig {
  readonly model: string;
  /** What the model is computed in; absent: f32. */
  readonly dtype?: 'f32' | 'bf16' | 'f16';
  readonly tokenizer?: string;
  readonly data?: string;
  readonly textField?: string;
  readonly limit?: number;
  readonly seed: number;
  readonly loadInputs?: string;
  readonly device: string;
  /** A device name, or `none`; absent: the best CPU backend that is not the target itself. */
  readonly reference?: string;
  readonly backend?: string;
  /** The interpreters of lanes of PyTorch. */
  readonly python?: string;
  readonly referencePython?: string;
  readonly trustRemoteCode?: boolean;
  /** How a lane of PyTorch hands the mask to the model; absent: `2d`. */
  readonly maskForm?: '2d' | '4d';
  readonly mpsRule: 'eager' | 'probe' | 'off';
  /** Seconds of silence after which a lane counts as hung. */
  readonly laneTimeout: number;
  readonly attn: 'auto' | 'eager' | 'sdpa';
  readonly sdpaKernel: 'composed' | 'fused';
  readonly policy: string;
  /** The versions that the policy was chosen by. */
  readonly like?: string;
  readonly fill?: string;
  readonly compose?: string;
  readonly rowGuard?: string;
  readonly computeDtype?: string;
  readonly batchSize: number;
  readonly maxLength?: number;
  readonly paddingSide: 'left' | 'right';
  readonly positionIds: 'mask' | 'arange';
  readonly ignoreFirstToken: boolean;
  readonly trace: 'off' | 'gate' | 'health' | 'full';
  /** How often a diverging batch is evaluated again by each lane, to tell a flaky one. */
  readonly replays: number;
  /** Whether the op of a divergence is replayed with the other lane's inputs. */
  readonly shadow: boolean;
  readonly traceKeep: number;
  /** As typed. */
  readonly traceFilter?: readonly string[];
  readonly rtol: number;
  readonly atol: number;
  readonly out?: string;
  readonly json: boolean;
  /** `NAME` or `NAME=FILE`. */
  readonly reporter?: readonly string[];
  /** What makes the exit code 1; absent on a terminal, where what was asked for decides about a NaN. */
  readonly failOn?: readonly Finding[];
  readonly saveOutputs?: string;
  /** Whether gradients go into `saveOutputs` as well. */
  readonly grads: boolean;
  /** Folder of the run that is continued, which is `out` as well. */
  readonly resume?: string;
}

const camel = (name: string) => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Flag values, already checked against the flag table, under their names in code. */
export function toConfig<Config>(values: FlagValues): Config {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [camel(name), value])) as Config;
}

/** The interface above and the rows of the flags have to agree: the compiler refuses one that does not. */
export const toEvalConfig = (values: FlagValues): EvalConfig =>
  toConfig<ConfigOf<(typeof evalFlags)[number]>>(values);

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Back to flag names, for `run.json` and for printing. */
export function configRecord(config: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [kebab(name), value]));
}
