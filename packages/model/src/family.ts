/**
 * A family of models: from a config.json to shapes, fresh weights and a model that computes, and what others ask of it:
 * where its stages are, how it is cut smaller, which names its weights go by. One object a family; families.ts lists them.
 */
import type * as tf from '@tensorflow/tfjs';
import type { CausalLM, JsonObject, ModelConfig } from './causal-lm.ts';
import type { Sites } from './dropout.ts';
import type { ModelFacts } from './weights/facts.ts';

/** A place of the forward pass that reports speak of. */
export type StageKind =
  | 'embeddings'
  | 'attention'
  | 'attention residual'
  | 'mlp'
  | 'output'
  | 'final norm'
  | 'logits';

export interface Stage {
  readonly kind: StageKind;
  /** The scope of its taps: `model.layers.3.self_attn`. */
  readonly path: string;
  readonly layer?: number;
}

/** The stages in the order in which they are computed. */
export type Anatomy = readonly Stage[];

type Changed<Key extends keyof ModelConfig> = { readonly [K in Key]?: ModelConfig[K] | undefined };

/** Sizes and settings that a model of the same family can be given; what is left out stays. */
export interface Sizes
  extends Changed<
    | 'layers'
    | 'width'
    | 'heads'
    | 'keyValueHeads'
    | 'headDim'
    | 'mlpWidth'
    | 'vocabulary'
    | 'maxPositions'
    | 'bosTokenId'
    | 'eosTokenId'
    | 'padTokenId'
    | 'tied'
  > {
  /** At every place where the family drops. */
  readonly dropoutRate?: number | undefined;
  /** Which layers are kept, where a setting lists something for each layer. */
  readonly keptLayers?: readonly number[] | undefined;
}

/** A smaller model cut out of a larger one: what is kept, each ascending and not empty. */
export interface Cut {
  readonly layers: readonly number[];
  /** Heads of keys and values, each with the query heads that share it. */
  readonly heads: readonly number[];
  /** Which of the query heads that share one head of keys are kept; the same in each group. */
  readonly queries: readonly number[];
  /** Which numbers of a head are kept, the same in each; undefined where they rotate, which they do in pairs: then all are kept. */
  readonly dims?: readonly number[];
  /** Which channels of the residual stream are kept; undefined where its width is heads x dims: then the channels `head * D + dim` are kept. */
  readonly channels?: readonly number[];
  /** Which units inside an MLP are kept. */
  readonly units: readonly number[];
  /** Token ids; in the cut model a token's id is its place in this list. */
  readonly vocabulary: readonly number[];
  /** Rows of the position table, likewise; undefined where there is no such table. */
  readonly positions?: readonly number[];
}

/** What a file of weights may call a family's tensors, beside the parameters' own names. */
export interface TensorNames {
  /** The name of transformers' class, for advice and for config.json. */
  readonly modelClass: string;
  /** What names of a base model leave out: `transformer.`, `model.`, `gpt_neox.`. */
  readonly prefix: string;
  /** The token table, which is the head as well where it is tied. */
  readonly table: string;
  /** The name of the head's weight in files, where it is another than `lm_head.weight`. */
  readonly headInFile?: string;
  /** Masks and tables that old checkpoints hold and that are no parameters, by a name without prefix. */
  isBuffer(plain: string): boolean;
  /** Whether a left-over tensor of a layer is refused: the file is of another model. Else it is named in a note. */
  readonly refusesLeftOver: boolean;
  /** Parameters that a file may do without; they are zero then. Default: none. */
  absent?(parameters: readonly string[], has: (parameter: string) => boolean): ReadonlySet<string>;
  /** The settings that a parameter's shape follows from, `vocab_size 5, n_embd 4`. */
  settingsOf(parameter: string, config: ModelConfig): string;
  /** What to do about a tensor that is stored with its axes exchanged. Default: nothing is said. */
  transposed?(stored: string): string | undefined;
}

/** Methods take the family's own configuration, as its `parseConfig` makes it. */
export interface Family<Config extends ModelConfig = ModelConfig> {
  readonly modelTypes: readonly string[];
  readonly names: TensorNames;
  /** Where the family drops in training; what it names there is its own business. */
  readonly dropoutSites: Sites<string>;
  /** Whether the width is heads x headDim, whose channels are cut with the heads. */
  readonly headsAreChannels: boolean;

  /** @param where begins every message, usually the file's path. @throws UserError naming the key and what it holds */
  parseConfig(json: JsonObject, where: string): Config;
  /** The text of a config.json that transformers reads as the same model, weights in float32. */
  configJson(config: Config): string;
  /** What is unusual in a config.json that is accepted, one sentence each, lower case, without a full stop. */
  configNotes(json: JsonObject): string[];
  /** Settings of the folder that have no effect on the loss of given tokens, each with why. */
  unusedSettings(json: JsonObject, files: readonly string[]): string[];
  /** The settings that two models have in common when one goes on from the other's checkpoint. */
  architecture(config: Config): JsonObject;
  /** The same model in other sizes; what `sizes` leaves out stays. @throws UserError as `parseConfig` does */
  resize(config: Config, sizes: Sizes, where: string): Config;

  /** Every parameter by its Hugging Face name, in the order of the state dict. */
  shapes(config: Config): ReadonlyMap<string, readonly number[]>;
  /** @param name of the parameter, which also names its random stream */
  initial(config: Config, name: string, size: number, seed: number): Float32Array<ArrayBuffer>;
  build(config: Config, parameters: Readonly<Record<string, tf.Variable>>, facts: ModelFacts): CausalLM;

  anatomy(config: Config): Anatomy;
  /** Whether a parameter is a table of embeddings, which weight decay leaves alone by default. */
  isTable(parameter: string): boolean;
  /** The value of a parameter that is made constant: what leaves a norm without effect, else 0. */
  plainValue(config: Config, parameter: string): number;
  /** For each axis of a parameter of the whole model the indices that a cut keeps. */
  keptAxes(config: Config, cut: Cut, parameter: string): readonly (readonly number[])[];
}
