/**
 * What every model is to those who use one, whatever its family: sizes in one shape, weights by name, hidden states,
 * logits. How a family computes them is in its own folder; which families there are is in families.ts.
 */
import {
  type AttentionKernel,
  type Implementation,
  kernelChoice,
  type MaskSpec,
  type Policy,
} from '@nanscope/attention';
import type * as tf from '@tensorflow/tfjs';
import type { DropoutHook, DropoutRates } from './dropout.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import type { ModelFacts } from './weights/facts.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A checked config.json in the words that all families share; a family adds what is its own. */
export interface ModelConfig {
  /** `model_type` of config.json; it names the family. */
  readonly modelType: string;
  readonly layers: number;
  /** C, of the residual stream. */
  readonly width: number;
  /** H, query heads. */
  readonly heads: number;
  /** Hkv: divides H; fewer than H where query heads share keys and values. */
  readonly keyValueHeads: number;
  /** D; not always C / H. */
  readonly headDim: number;
  /** Numbers of a query where it meets a key, where they are not D. */
  readonly attendedDim?: number;
  /** Units inside an MLP. */
  readonly mlpWidth: number;
  /** V, rows of the token table. */
  readonly vocabulary: number;
  readonly maxPositions: number;
  /** The key of config.json that says maxPositions, for messages. */
  readonly positionsKey: string;
  /** Whether positions are rows of a table, which ends at maxPositions; rotary ones only lose meaning beyond it. */
  readonly learnedPositions: boolean;
  /**
   * Generation computes all keys anew when one column more than this has been reached, as what came before was turned by other
   * frequencies: Phi-3 with long rotary tables.
   */
  readonly restartsCacheAfter?: number;
  readonly bosTokenId: number | null;
  /** Each of a list ends a row. */
  readonly eosTokenId: number | readonly number[] | null;
  readonly padTokenId: number | null;
  /** How many keys a query sees in the layers, itself included, each number once; null for all keys. Absent: all keys in all layers. */
  readonly windows?: readonly (number | null)[];
  /** Heads have sinks. Where those are finite, a query without a key is not NaN under any policy. */
  readonly sinks?: true;
  /** Whether the head is the token table. */
  readonly tied: boolean;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  /** In training only. */
  readonly dropout: DropoutRates;
  /** Settings of the scores' scale that are not the usual ones, `scale_attn_weights: false`: a policy may drop them. */
  readonly scaleSettings: readonly string[];
  /** config.json as it was read. */
  readonly json: JsonObject;
}

/** As much of a model as its batches are made and checked by. */
export type InputModel = Pick<
  ModelConfig,
  | 'vocabulary'
  | 'maxPositions'
  | 'positionsKey'
  | 'learnedPositions'
  | 'bosTokenId'
  | 'eosTokenId'
  | 'padTokenId'
>;

/** int32 [B,T] each (the mask [B,S], as above), on the active backend; the caller disposes of them. */
export interface ModelBatch {
  readonly inputIds: tf.Tensor2D;
  readonly attentionMask: tf.Tensor2D;
  readonly positionIds: tf.Tensor2D;
  /** The largest of `positionIds`: how far tables of rotary positions have to go. */
  readonly largestPosition: number;
  readonly tokenTypeIds?: tf.Tensor2D;
}

/**
 * `hidden_states.0` is the embeddings, `hidden_states.i` the output of layer i - 1, `attn_probs.i` of layer i. GPT-2
 * gives `ln_f_out` after its last layer; the other families give the last hidden state after the final norm, as transformers does.
 * Inside layer i: `attention.i` is what attention adds, `attention_residual.i` the stream behind that, `layer.i` the output.
 */
export type CaptureName = `${'hidden_states' | 'attn_probs' | LayerStage}.${number}` | 'ln_f_out';

/** What a layer of any family shows of itself; no `attention_residual` where attention and MLP are parallel. */
export type LayerStage = 'attention' | 'attention_residual' | 'layer';

export interface ForwardOptions {
  readonly implementation: Implementation;
  readonly policy: Policy;
  /** What narrows attention beside the batch's padding and causality, in every layer. Default: nothing. */
  readonly mask?: Pick<MaskSpec, 'window' | 'explicit'>;
  /** What computes sdpa. `auto`: the fused kernel where the backend has one for it. Default: composed, whose every step a trace can show. */
  readonly kernel?: AttentionKernel | 'auto' | undefined;
  /** Training only: see `dropoutHook`. Applied where Hugging Face's model of the family drops. */
  readonly dropout?: DropoutHook;
  /** Receives intermediate tensors, under the fused kernel all but `attn_probs.i`; they are disposed of when the pass ends, so `tf.keep(tensor.clone())` what must live on. */
  readonly capture?: (name: CaptureName, tensor: tf.Tensor) => void;
}

/** What computes sdpa in a forward pass, once `auto` is settled for the open backend. */
export function settledKernel(
  { headDim, attendedDim = headDim }: Pick<ModelConfig, 'headDim' | 'attendedDim'>,
  { kernel = 'composed', implementation, policy, dropout, capture }: ForwardOptions,
): AttentionKernel {
  if (kernel !== 'auto') return kernel;
  const call = { implementation, policy, headSize: attendedDim };
  return kernelChoice({ ...call, dropout: dropout !== undefined, capture: capture !== undefined }).kernel;
}

/** What `step` gives; both are the caller's to dispose of. */
export interface Step {
  /** [B,T,C] */
  readonly hidden: tf.Tensor3D;
  /** All S positions. */
  readonly cache: KeyValueCache;
}

export interface CausalLM {
  readonly config: ModelConfig;
  /** By Hugging Face name, in Hugging Face's layout. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly facts: ModelFacts;

  /**
   * All hidden states after the final norm, [B,T,C].
   *
   * @param batch int32 [B,T] tensors, see `uploadBatch` for the checks that need host memory.
   * @throws UserError when T exceeds a table of positions.
   */
  hidden(batch: ModelBatch, options: ForwardOptions): tf.Tensor3D;

  /**
   * The same for T tokens that follow cached ones: hidden states of the T, and a cache that holds all S.
   *
   * @param batch inputIds and positionIds [B,T]; attentionMask [B,S] over the cached positions and the new ones.
   * @param past What the earlier tokens left, S - T positions; undefined for the first ones. Stays the caller's.
   * @throws UserError when T exceeds a table of positions.
   */
  step(batch: ModelBatch, past: KeyValueCache | undefined, options: ForwardOptions): Step;

  /**
   * Scores over the vocabulary.
   *
   * @param rows [N,C], any rows of the hidden states.
   * @returns [N,V]
   */
  logits(rows: tf.Tensor2D): tf.Tensor2D;

  /** Frees the weights. */
  dispose(): void;
}
