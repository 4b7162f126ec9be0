/** The resolved configuration of each command: every flag with its value, typed, and held against the rows of its flags. */

import type { OnnxruntimeOperator } from '@nanscope/conform';
import type { ConditionName } from '@nanscope/experiments';
import type { DecayRule, NonFinitePolicy, ScheduleName, SplitRule } from '@nanscope/trainer';
import type { conformFlags } from './conform-flags.ts';
import type { evalFlags } from './eval-flags.ts';
import type { Finding } from './fail-on.ts';
import type { Flag, FlagValues } from './flag.ts';
import type { generateFlags } from './generate-flags.ts';
import type { Selection } from './shared-flags.ts';
import type { trainFlags } from './train-flags.ts';

// The type of a configuration, derived from the rows of its flags. Types only.

type Camel<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Name;

type ValueOf<Row extends Flag> = Row extends { kind: 'choice'; choices: readonly (infer Choice)[] }
  ? Choice
  : Row extends { kind: 'choices'; choices: readonly (infer Choice)[] }
    ? readonly Choice[]
    : Row extends { kind: 'texts' }
      ? readonly string[]
      : Row extends { kind: 'integer' | 'number' }
        ? number
        : Row extends { kind: 'switch' }
          ? boolean
          : string;

type Defaulted<Row> = Row extends { default: NonNullable<unknown> } ? Row : never;

/** Every flag under its name in code; one without a default may be absent. */
type ConfigOf<Row extends Flag> = {
  readonly [One in Defaulted<Row> as Camel<One['name']>]: ValueOf<One>;
} & { readonly [One in Exclude<Row, Defaulted<Row>> as Camel<One['name']>]?: ValueOf<One> };

// The resolved configuration of an evaluation: every flag with its value, typed.

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
  readonly sdpaKernel: 'auto' | 'composed' | 'fused';
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

// The resolved configuration of a conformance run: every flag with its value, typed.

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

// The resolved configuration of a generation: every flag with its value, typed. What `eval` has as well is typed there.

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
  | 'out'
  | 'json'
  | 'reporter';

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

// The resolved configuration of a matrix: every flag with its value, typed.

export interface MatrixConfig
  extends Selection,
    Pick<EvalConfig, 'device' | 'backend' | 'laneTimeout' | 'out' | 'json' | 'reporter'> {
  /** The values of every factor but the device. */
  readonly factors: Readonly<Record<Exclude<ConditionName, 'device'>, readonly string[]>>;
  readonly filter?: string;
  /** Folder of an earlier matrix. */
  readonly timings?: string;
  readonly resume: boolean;
}

// The resolved configuration of a training run: every flag with its value, typed.

export interface TrainConfig
  extends Omit<EvalConfig, 'limit' | 'loadInputs' | 'saveOutputs' | 'grads' | 'replays' | 'shadow'> {
  readonly layers?: number;
  readonly heads?: number;
  readonly width?: number;
  readonly corpus?: 'markov';
  readonly corpusLines: number;
  readonly validation: number;
  readonly split: SplitRule;
  readonly steps?: number;
  readonly epochs: number;
  readonly optimizer: 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  readonly warmup: number;
  readonly minimum: number;
  readonly weightDecay: number;
  readonly decay: DecayRule;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly clip: number;
  readonly dropout: number;
  readonly labelSmoothing: number;
  readonly zLoss: number;
  readonly rows: 'pack' | 'line';
  readonly accumulate: number;
  readonly evalEvery: number;
  readonly saveEvery: number;
  readonly keep: number;
  readonly patience?: number;
  readonly onNonfinite: NonFinitePolicy;
  readonly save?: string;
  readonly overwrite: boolean;
  readonly resume?: string;
  readonly checkpoint?: string;
}

/** The interface above and the rows of the flags have to agree: the compiler refuses one that does not. */
export const toTrainConfig = (values: FlagValues): TrainConfig =>
  toConfig<ConfigOf<(typeof trainFlags)[number]>>(values);
