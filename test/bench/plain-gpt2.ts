/** GPT-2's forward pass and loss from ordinary tfjs ops, as one writes it first: what the packages are measured against. */
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';

type Weights = (name: string) => tf.Tensor;

function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gamma), beta);
}

function gelu(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3))));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
}

const linear = (x: tf.Tensor, weights: Weights, name: string) =>
  tf.add(tf.matMul(x, weights(`${name}.weight`)), weights(`${name}.bias`));

function attention(
  x: tf.Tensor,
  weights: Weights,
  name: string,
  mask: tf.Tensor,
  shape: readonly number[],
): tf.Tensor {
  const [B, T, H, D] = shape as [number, number, number, number];
  const heads = (part: tf.Tensor) => tf.transpose(tf.reshape(part, [B, T, H, D]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(linear(x, weights, `${name}.c_attn`), 3, -1).map(heads) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(D));
  const weighted = tf.matMul(tf.softmax(tf.add(scores, mask)), v);
  return linear(tf.reshape(tf.transpose(weighted, [0, 2, 1, 3]), [B * T, H * D]), weights, `${name}.c_proj`);
}

/** Mean loss over all positions but the last, a scalar. @param ids int32 [B,T] */
export function plainLoss(model: CausalLM, ids: tf.Tensor2D): tf.Scalar {
  const { layers: n_layer, heads: n_head, width: n_embd, vocabulary: vocab_size } = model.config;
  const [B, T] = ids.shape;
  const weights: Weights = (name) => model.parameters[`transformer.${name}`]!;
  return tf.tidy(() => {
    const mask = tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([T, T]), -1, 0)), -1e9);
    const flat = tf.reshape(ids, [B * T]) as tf.Tensor1D;
    const positions = tf.tile(tf.range(0, T, 1, 'int32'), [B]);
    let x: tf.Tensor = tf.add(
      tf.gather(weights('wte.weight'), flat),
      tf.gather(weights('wpe.weight'), positions),
    );
    for (let i = 0; i < n_layer; i++) {
      const norm = (name: string) =>
        layerNorm(x, weights(`h.${i}.${name}.weight`), weights(`h.${i}.${name}.bias`));
      x = tf.add(x, attention(norm('ln_1'), weights, `h.${i}.attn`, mask, [B, T, n_head, n_embd / n_head]));
      x = tf.add(
        x,
        linear(gelu(linear(norm('ln_2'), weights, `h.${i}.mlp.c_fc`)), weights, `h.${i}.mlp.c_proj`),
      );
    }
    const final = layerNorm(x, weights('ln_f.weight'), weights('ln_f.bias'));
    const logits = tf.reshape(tf.matMul(final, weights('wte.weight'), false, true), [B, T, vocab_size]);
    const logProbabilities = tf.logSoftmax(tf.slice(logits, [0, 0, 0], [B, T - 1, vocab_size]));
    const labels = tf.oneHot(tf.slice(ids, [0, 1], [B, T - 1]), vocab_size);
    return tf.neg(tf.mean(tf.sum(tf.mul(logProbabilities, labels), -1)));
  });
}
