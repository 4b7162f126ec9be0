/**
 * The forward pass of every family beside GPT-2, as its specification says. Nothing here reads back from the device, and
 * logits are a step of their own, so that a caller can ask for them row by row.
 */
import { type AttentionKernel, type ComputeDtype, type PreparedMask, prepareMask } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { checkLength } from '../batch.ts';
import {
  type CaptureName,
  type CausalLM,
  type ForwardOptions,
  type ModelBatch,
  type ModelConfig,
  type Step,
  settledKernel,
} from '../causal-lm.ts';
import { castOf, dtypeOf } from '../dtype.ts';
import { CacheExtension, type KeyValueCache } from '../key-value-cache.ts';
import { drawnFacts, type ModelFacts } from '../weights/facts.ts';
import { type DecoderContext, embed, normalise, project } from './context.ts';
import { decoderLayer } from './layer.ts';
import { RopeTables } from './rope.ts';
import type { DecoderSpec, RopeSpec } from './spec.ts';

/** The narrower of two windows. */
const narrower = (a: number | null, b: number | undefined): number | undefined =>
  a === null ? b : Math.min(a, b ?? a);

/** A checked configuration of the decoder: its specification, and the words that all families share. */
export interface DecoderConfig extends ModelConfig {
  readonly spec: DecoderSpec;
}

export class Decoder implements CausalLM {
  readonly config: DecoderConfig;
  /** By Hugging Face name; linear weights are [out, in]. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly facts: ModelFacts;
  readonly #dtype: ComputeDtype;
  readonly #tables: ReadonlyMap<RopeSpec, RopeTables>;

  constructor(
    config: DecoderConfig,
    parameters: Readonly<Record<string, tf.Variable>>,
    facts: ModelFacts = drawnFacts,
  ) {
    this.config = config;
    this.parameters = parameters;
    this.facts = facts;
    this.#dtype = dtypeOf(facts);
    this.#tables = new Map(
      config.spec.layers.flatMap(({ rope }) => (rope ? [[rope, new RopeTables(rope)] as const] : [])),
    );
  }

  /**
   * All hidden states after the final norm, [B,T,C].
   *
   * @param batch int32 [B,T] tensors, see `uploadBatch` for the checks that need host memory.
   * @throws UserError when T exceeds a table of positions.
   */
  hidden(batch: ModelBatch, options: ForwardOptions): tf.Tensor3D {
    return this.#forward(batch, options);
  }

  /**
   * The same for T tokens that follow cached ones: hidden states of the T, and a cache that holds all S.
   *
   * @param batch inputIds and positionIds [B,T]; attentionMask [B,S] over the cached positions and the new ones.
   * @param past What the earlier tokens left, S - T positions; undefined for the first ones. Stays the caller's.
   * @returns Both are the caller's to dispose of.
   */
  step(batch: ModelBatch, past: KeyValueCache | undefined, options: ForwardOptions): Step {
    const extension = new CacheExtension(past);
    try {
      const hidden = this.#forward(batch, options, extension);
      return { hidden, cache: extension.cache };
    } catch (error) {
      extension.cache.dispose();
      throw error;
    }
  }

  /** The mask of each layer; layers with the same window share one. */
  #masks(
    batch: ModelBatch,
    { mask, policy, kernel }: Pick<ForwardOptions, 'mask' | 'policy'> & { readonly kernel: AttentionKernel },
    past: number,
  ): PreparedMask[] {
    const [B, T] = batch.inputIds.shape;
    const made = new Map<number | undefined, PreparedMask>();
    return this.config.spec.layers.map((layer) => {
      const window = narrower(layer.window, mask?.window);
      const known = made.get(window);
      if (known) return known;
      const { window: _, ...rest } = mask ?? {};
      const prepared = prepareMask(
        { padding: batch.attentionMask, causal: true, ...rest, ...(window !== undefined && { window }) },
        { batch: B, queries: T, keys: T + past, policy },
        kernel,
      );
      made.set(window, prepared);
      return prepared;
    });
  }

  /** Cosines and sines for the positions of the batch, by layer; layers with the same setting share them. */
  #turns({ positionIds, largestPosition }: ModelBatch): DecoderContext['turns'] {
    const [B, T] = positionIds.shape;
    const made = new Map<RopeSpec, readonly [tf.Tensor4D, tf.Tensor4D]>();
    for (const [rope, tables] of this.#tables) {
      const rows = largestPosition + 1;
      const { pairs, cos, sin } = tables.upTo(rows);
      const look = (table: Float32Array) =>
        tf.reshape(
          tf.gather(tf.tensor2d(table, [rows, pairs]), tf.reshape(positionIds, [B * T]) as tf.Tensor1D),
          [B, 1, T, pairs],
        ) as tf.Tensor4D;
      const cast = castOf(rope.turnsInFloat32 ? 'f32' : this.#dtype);
      made.set(rope, [cast(look(cos)), cast(look(sin))]);
    }
    return this.config.spec.layers.map(({ rope }) => (rope ? made.get(rope)! : null));
  }

  #forward(batch: ModelBatch, options: ForwardOptions, extension?: CacheExtension): tf.Tensor3D {
    const { parameters } = this;
    const { spec } = this.config;
    const { implementation, policy, capture, dropout } = options;
    const kernel = settledKernel(this.config, options);
    const [B, T] = batch.inputIds.shape;
    checkLength(this.config, T);
    const emit = (name: CaptureName, rows: tf.Tensor2D) =>
      capture?.(name, tf.reshape(rows, [B, T, rows.shape[1]]));
    return tf.tidy(() => {
      const context: DecoderContext = {
        spec,
        dtype: this.#dtype,
        cast: castOf(this.#dtype),
        parameters,
        batch: B,
        length: T,
        masks: this.#masks(batch, { ...options, kernel }, extension?.pastLength ?? 0),
        turns: tf.tidy(
          'rotary_emb',
          () => this.#turns(batch) as unknown as tf.TensorContainer,
        ) as unknown as DecoderContext['turns'],
        implementation,
        policy,
        dropout,
        extend: extension && ((index, key, value) => extension.add(index, key, value)),
        // The fused kernel never holds them.
        captureProbabilities:
          capture &&
          (kernel === 'fused'
            ? undefined
            : (index, probabilities) => capture(`attn_probs.${index}`, probabilities)),
        captureRows: capture && ((stage, index, rows) => emit(`${stage}.${index}`, rows)),
      };
      let x = embed(batch, context);
      emit('hidden_states.0', x);
      for (let index = 0; index < spec.layers.length; index++) {
        const output = decoderLayer(x, index, context);
        x.dispose();
        x = output;
        emit(`layer.${index}`, x);
        if (index < spec.layers.length - 1) emit(`hidden_states.${index + 1}`, x);
      }
      const final = spec.finalNorm === null ? x : normalise(context, spec.finalNorm, x, spec.finalNorm);
      const out = spec.embedding.projections?.out;
      const rows = out === undefined ? final : tf.tidy(out, () => project(context, out, final));
      // The last hidden state is the one after the final norm, as in transformers.
      emit(`hidden_states.${spec.layers.length}`, rows);
      return tf.reshape(rows, [B, T, rows.shape[1]]) as tf.Tensor3D;
    });
  }

  /**
   * Scores over the vocabulary.
   *
   * @param rows [N,C], any rows of the hidden states.
   * @returns [N,V]
   */
  logits(rows: tf.Tensor2D): tf.Tensor2D {
    const { head, embedding } = this.config.spec;
    const weight = this.parameters[
      `${head.tied ? embedding.name : head.name}.weight`
    ] as tf.Tensor as tf.Tensor2D;
    return tf.tidy(head.name, () => {
      const cast = castOf(this.#dtype);
      const scores = cast<tf.Tensor2D>(tf.matMul(rows, weight, false, true));
      const divided = head.divisor === 1 ? scores : cast(tf.div<tf.Tensor2D>(scores, head.divisor));
      if (head.softcap === null) return divided;
      const bent = cast(tf.tanh(cast(tf.div<tf.Tensor2D>(divided, head.softcap))));
      return cast(tf.mul<tf.Tensor2D>(bent, head.softcap));
    });
  }

  /** Frees the weights. */
  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
  }
}
