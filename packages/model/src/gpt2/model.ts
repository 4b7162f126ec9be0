/**
 * GPT-2's forward pass on the active backend. Nothing here reads back from the device, and logits are a step of
 * their own, so that a caller can ask for them row by row. Loading lives in load.ts, the loss in @nanscope/trainer.
 */

import { type ComputeDtype, prepareMask } from '@nanscope/attention';
import { UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { checkLength } from '../batch.ts';
import {
  type CaptureName,
  type CausalLM,
  type ForwardOptions,
  type ModelBatch,
  type Step,
  settledKernel,
} from '../causal-lm.ts';
import type { DropoutHook } from '../dropout.ts';
import { type Cast, castOf, dtypeOf } from '../dtype.ts';
import { layerNorm } from '../kernels/layer-norm.ts';
import { CacheExtension, type KeyValueCache } from '../key-value-cache.ts';
import type { ModelFacts } from '../weights/facts.ts';
import { type BlockContext, block } from './block.ts';
import type { Gpt2Config, Gpt2Settings } from './config.ts';

/** @throws UserError where transformers would keep scores in float32 amid float16, which no policy here does */
function checkUpcast(config: Gpt2Settings, { implementation, policy }: ForwardOptions): void {
  if (!config.reorder_and_upcast_attn || implementation !== 'eager' || policy.computeDtype === 'f32') return;
  throw new UserError(
    'gpt2/upcast',
    `reorder_and_upcast_attn is true in config.json, which is not supported in eager attention with compute dtype ${policy.computeDtype}: expected --compute-dtype f32 or --attn sdpa, which ignores it as transformers does.`,
  );
}

export class Gpt2 implements CausalLM {
  readonly config: Gpt2Config;
  /** By Hugging Face name; linear weights are [in, out]. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly facts: ModelFacts;
  readonly #dtype: ComputeDtype;
  readonly #cast: Cast;

  constructor(config: Gpt2Config, parameters: Readonly<Record<string, tf.Variable>>, facts: ModelFacts) {
    this.config = config;
    this.parameters = parameters;
    this.facts = facts;
    this.#dtype = dtypeOf(facts);
    this.#cast = castOf(this.#dtype);
  }

  /** wte[ids] + wpe[positions], where there are types + wte[types], as rows [B*T,C]. */
  #embeddings(
    { inputIds, positionIds, tokenTypeIds }: ModelBatch,
    dropout: DropoutHook | undefined,
  ): tf.Tensor2D {
    const look = (table: string, ids: tf.Tensor2D) =>
      tf.gather(
        this.parameters[table] as tf.Tensor as tf.Tensor2D,
        tf.reshape(ids, [ids.size]) as tf.Tensor1D,
      );
    return tf.tidy('transformer.embeddings', () => {
      const sum = this.#cast(
        tf.add<tf.Tensor2D>(
          look('transformer.wte.weight', inputIds),
          look('transformer.wpe.weight', positionIds),
        ),
      );
      const typed = tokenTypeIds
        ? this.#cast(tf.add<tf.Tensor2D>(sum, look('transformer.wte.weight', tokenTypeIds)))
        : sum;
      return dropout ? dropout('embeddings', typed) : typed;
    });
  }

  hidden(batch: ModelBatch, options: ForwardOptions): tf.Tensor3D {
    return this.#forward(batch, options);
  }

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

  #forward(batch: ModelBatch, options: ForwardOptions, extension?: CacheExtension): tf.Tensor3D {
    const { parameters } = this;
    const config = this.config.gpt2;
    const { implementation, policy, mask, capture, dropout } = options;
    const kernel = settledKernel(this.config, options);
    const [B, T] = batch.inputIds.shape;
    const C = config.n_embd;
    checkLength(this.config, T);
    checkUpcast(config, options);
    const emit = (name: CaptureName, rows: tf.Tensor2D) => capture?.(name, tf.reshape(rows, [B, T, C]));
    return tf.tidy(() => {
      const context: BlockContext = {
        dtype: this.#dtype,
        cast: this.#cast,
        config,
        parameters,
        batch: B,
        length: T,
        mask: prepareMask(
          { padding: batch.attentionMask, causal: true, ...mask },
          { batch: B, queries: T, keys: T + (extension?.pastLength ?? 0), policy },
          kernel,
        ),
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
      let x = this.#embeddings(batch, dropout);
      emit('hidden_states.0', x);
      for (let index = 0; index < config.n_layer; index++) {
        const output = block(x, index, context);
        x.dispose();
        x = output;
        emit(`layer.${index}`, x);
        emit(`hidden_states.${index + 1}`, x);
      }
      const final = tf.tidy('transformer.ln_f', () =>
        this.#cast(
          layerNorm(
            x,
            parameters['transformer.ln_f.weight'] as tf.Tensor as tf.Tensor1D,
            parameters['transformer.ln_f.bias'] as tf.Tensor as tf.Tensor1D,
            config.layer_norm_epsilon,
          ),
        ),
      );
      emit('ln_f_out', final);
      return tf.reshape(final, [B, T, C]) as tf.Tensor3D;
    });
  }

  logits(rows: tf.Tensor2D): tf.Tensor2D {
    const head = this.parameters['lm_head.weight'] ?? this.parameters['transformer.wte.weight']!;
    return tf.tidy('lm_head', () =>
      this.#cast<tf.Tensor2D>(tf.matMul(rows, head as tf.Tensor as tf.Tensor2D, false, true)),
    );
  }

  dispose(): void {
    for (const parameter of Object.values(this.parameters)) parameter.dispose();
  }
}
