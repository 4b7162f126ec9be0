/**
 * What one decoder has to know of a model to be it: every family beside GPT-2 is a value of this type. Sizes and settings
 * only; who reads them from a config.json is in families/, what is computed from them in layer.ts and its neighbours.
 */
import type { ActivationName } from '../gpt2/activations.ts';

/** How rotary frequencies are stretched beyond the length a model was trained on, by transformers' names of `rope_type`. */
export type RopeScaling =
  | { readonly type: 'default' }
  /** All frequencies divided by `factor`. */
  | { readonly type: 'linear'; readonly factor: number }
  /** Only the first `fraction` of the head turns, at frequencies counted over the whole head; Gemma 4's way. */
  | { readonly type: 'proportional'; readonly factor: number; readonly fraction: number }
  /** The base grows with the longest sequence of the batch, beyond `positions`. */
  | { readonly type: 'dynamic'; readonly factor: number; readonly positions: number }
  /** Low frequencies are divided by `factor`, high ones kept, those between interpolated; Llama 3.1 and later. */
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequency: number;
      readonly highFrequency: number;
      readonly positions: number;
    }
  /** A ramp from kept to divided frequencies between the dims of `slow` and `fast` rotations; Qwen's long contexts. */
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly fast: number;
      readonly slow: number;
      readonly truncate: boolean;
      readonly positions: number;
      /** On cosine and sine. */
      readonly magnitude: number;
    }
  /** A divisor for each frequency: `long` where the batch is longer than `positions`, else `short`; Phi-3 and Phi-4. */
  | {
      readonly type: 'longrope';
      readonly short: readonly number[];
      readonly long: readonly number[];
      readonly positions: number;
      /** On cosine and sine. */
      readonly magnitude: number;
    };

/** Rotary positions of a layer. */
export interface RopeSpec {
  readonly theta: number;
  /**
   * How many numbers of a head the frequencies are counted over, from the first: all of them, or a fraction (Pythia,
   * StableLM, Phi-4-mini). Where it is odd, one more number turns.
   */
  readonly dims: number;
  readonly scaling: RopeScaling;
  /**
   * The first number of a head alone turns, against itself, and stands there twice, so that queries and keys have one number
   * more than values: what StableLM's module makes of a fraction that leaves one number.
   */
  readonly doubles?: boolean;
  /** Queries and keys turn in float32 whatever the dtype, and are rounded once: OLMo 2. */
  readonly turnsInFloat32?: boolean;
}

/** What differs from layer to layer. */
export interface LayerSpec {
  /** Null: the layer sees no positions (each fourth of SmolLM3), or the model has learned ones. */
  readonly rope: RopeSpec | null;
  /** How many keys a query sees, itself included; null for all (Mistral, Gemma, Qwen and Phi-3 have windows). */
  readonly window: number | null;
}

export interface NormSpec {
  /** `layer` subtracts the mean (GPT-NeoX, OPT, StableLM, StarCoder2), `rms` does not (the others). */
  readonly kind: 'rms' | 'layer';
  readonly epsilon: number;
  /** Added to the stored scale: 1 for Gemma, whose scales are stored around zero. */
  readonly weightOffset: 0 | 1;
  /** False: no stored scale, ones (OPT with `layer_norm_elementwise_affine` false). */
  readonly scale: boolean;
  /**
   * Where a 16-bit model rounds: before the scale and after it (Llama and most others), or once after it, since the scale
   * is applied in float32 (Gemma, OLMo 2). Of `rms` alone.
   */
  readonly scalesAfterCast: boolean;
  /** A stored offset; never with `rms`. */
  readonly bias: boolean;
}

/** Half of a layer, attention or MLP, and the norms around it by their names; all that have a name are applied. */
export interface BranchSpec {
  /** The module's name below the layer, `self_attn`; null where its projections lie in the layer itself (OPT's MLP). */
  readonly module: string | null;
  /** Norm of what enters: Llama and most others. In a parallel layer without one, the MLP shares attention's. */
  readonly before?: string;
  /** Norm of what the branch adds, before the sum: OLMo 2, Gemma. */
  readonly after?: string;
  /** Norm of the sum: OPT with `do_layer_norm_before` false. */
  readonly sum?: string;
  /** What it adds is not dropped in training, whatever the rate: StableLM's attention. */
  readonly undropped?: true;
}

/** Norms of queries and keys before rotation. */
export interface QueryKeyNorm {
  /**
   * `head`: over each head, with one scale for all of them (Qwen3, Gemma 3); `width`: over all heads at once (OLMo 2);
   * `own`: LayerNorm over each head, each with a scale of its own and no offset (StableLM with `qk_layernorm`).
   */
  readonly over: 'head' | 'width' | 'own';
  readonly query: string;
  readonly key: string;
}

export interface AttentionSpec {
  /**
   * `split` has a projection for each of query, key, value; `stacked` has one whose rows are all queries, then keys, then
   * values (Phi-3); `interleaved` one with query, key and value of each head side by side (GPT-NeoX).
   */
  readonly projections:
    | { readonly kind: 'split'; readonly query: string; readonly key: string; readonly value: string }
    | { readonly kind: 'stacked' | 'interleaved'; readonly name: string };
  readonly output: string;
  /** Offsets of the projections of query, key and value (Qwen2, OPT, ...) and of the output. */
  readonly bias: { readonly input: boolean; readonly output: boolean };
  readonly norm: QueryKeyNorm | null;
  /** Factor on the scores: 1 / sqrt(headDim), or a setting (Gemma, Granite). */
  readonly scale: number;
  /** The factor is put on the queries and rounded there, in a 16-bit model: OPT. */
  readonly scalesQuery: boolean;
  /** Scores s become cap tanh(s / cap): Gemma 2. */
  readonly softcap: number | null;
  /** The name of a learned logit for each query head that joins the softmax and takes no value: Granite's models with windows. */
  readonly sinks: string | null;
}

export interface MlpSpec {
  /**
   * `plain`: down(act(up(x))); `gated`: down(act(gate(x)) up(x)); `stacked`: the same with one projection whose first half
   * of rows is the gate (Phi-3).
   */
  readonly projections:
    | { readonly kind: 'plain'; readonly up: string }
    | { readonly kind: 'gated'; readonly gate: string; readonly up: string }
    | { readonly kind: 'stacked'; readonly name: string };
  readonly down: string;
  readonly bias: boolean;
  readonly activation: ActivationName;
}

export interface DecoderSpec {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Width of the residual stream. */
  readonly width: number;
  readonly heads: number;
  /** Heads of keys and values; divides `heads`, and as many query heads share one. */
  readonly keyValueHeads: number;
  /** Numbers of a head; heads x headDim need not be the width (Qwen3, Gemma). */
  readonly headDim: number;
  /** Inside the MLP. */
  readonly mlpWidth: number;
  readonly vocabulary: number;
  /** Rows of the learned table of positions, or the length that rotary ones were made for, which is no limit. */
  readonly maxPositions: number;
  readonly embedding: {
    readonly name: string;
    /** Width of the token table; where it is not `width`, projections lead in and out (OPT-350m). */
    readonly width: number;
    readonly projections: { readonly in: string; readonly out: string } | null;
    /** Factor on the rows: sqrt(width) for Gemma, a setting for Granite. */
    readonly scale: number;
    /** Whether a 16-bit model rounds the factor itself: Gemma. */
    readonly scaleIsTensor: boolean;
    /** A learned table, and the row of position 0: OPT. */
    readonly positions: { readonly name: string; readonly offset: number } | null;
    /** A token whose row learns nothing from being looked up: `padding_idx` of transformers' table. */
    readonly padding: number | null;
  };
  /** What the names of all layers begin with, before the number: `model.layers.`. */
  readonly layerPrefix: string;
  readonly layers: readonly LayerSpec[];
  readonly norm: NormSpec;
  /** The last norm's name; null for none (OPT with `do_layer_norm_before` false). */
  readonly finalNorm: string | null;
  readonly attention: AttentionSpec;
  readonly mlp: MlpSpec;
  readonly branches: { readonly attention: BranchSpec; readonly mlp: BranchSpec };
  /**
   * Both branches read the layer's input. `at once`: their sum is added to it (GPT-NeoX); `in turn`: attention, and then the
   * MLP (StableLM by a setting), which a 16-bit model rounds otherwise.
   */
  readonly parallel: false | 'at once' | 'in turn';
  /** Factor on what a branch adds: Granite. */
  readonly residualScale: number;
  readonly head: {
    /** The head is the token table. */
    readonly tied: boolean;
    readonly name: string;
    /** Logits are divided by it: Granite. */
    readonly divisor: number;
    /** Logits z become cap tanh(z / cap): Gemma 2. */
    readonly softcap: number | null;
  };
  /** Standard deviation of new weights. */
  readonly initializerRange: number;
  /** Rates in training: after the embeddings, on attention probabilities, on what a branch adds. */
  readonly dropout: { readonly embedding: number; readonly attention: number; readonly residual: number };
}
