/** A two-layer residual stack of plain tfjs attention, unguarded on purpose, with the scope names of the real model. */
import * as tf from '@tensorflow/tfjs';
import type { TraceableSession } from '../taps/trace.ts';

export const cpuSession: TraceableSession = {
  id: 'cpu',
  tfjsName: 'cpu',
  facts: { capabilities: { strictNumerics: true } },
};

export interface GraphOptions {
  /** [B][T] */
  readonly keep: readonly (readonly number[])[];
  readonly softmax: 'eager' | 'exp(s - max)';
  readonly fill: 'select' | 'additive';
  readonly layers?: number;
}

const H = 2;
const D = 4;

/** Fixed pseudo-random values, so that a run can be compared with another. */
function values(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(seed + i * 12.9898)),
    shape,
  );
}

/** [B*T, C] of layer outputs, traced as `transformer.embeddings`, `transformer.h.i/output`, `transformer.ln_f`. */
export function attentionGraph({ keep, softmax, fill, layers = 2 }: GraphOptions): tf.Tensor {
  const B = keep.length;
  const T = keep[0]!.length;
  const C = H * D;
  return tf.tidy(() => {
    const cells = keep.flatMap((row) =>
      row.flatMap((_, q) => row.map((kept, k) => (kept && k <= q ? 1 : 0))),
    );
    const mask = tf.tidy('mask', () => {
      const allowed = tf.tensor(cells, [B, 1, T, T], 'bool');
      const bias = tf.where(allowed, tf.scalar(0), tf.scalar(Number.NEGATIVE_INFINITY));
      return { allowed, bias };
    });
    const position = tf.range(0, B * T).reshape([-1, 1]);
    let x = tf.tidy('transformer.embeddings', () => tf.add(values([B * T, C], 1), tf.mul(position, 0.01)));
    for (let layer = 0; layer < layers; layer++) {
      x = tf.tidy(`transformer.h.${layer}`, () => {
        const update = tf.tidy('attn', () => {
          const heads = tf.transpose(x.reshape([B, T, H, D]), [0, 2, 1, 3]);
          const scores = tf.tidy('scores', () => tf.matMul(heads, heads, false, true));
          const masked = tf.tidy('masked', () =>
            fill === 'select'
              ? tf.where(
                  tf.tile(mask.allowed, [1, H, 1, 1]),
                  scores,
                  tf.fill([B, H, T, T], Number.NEGATIVE_INFINITY),
                )
              : tf.add(scores, mask.bias),
          );
          const probs = tf.tidy('probs', () => {
            if (softmax === 'eager') return tf.softmax(masked);
            const exponentials = tf.exp(tf.sub(masked, tf.max(masked, -1, true)));
            return tf.div(exponentials, tf.sum(exponentials, -1, true));
          });
          const context = tf.tidy('context', () => tf.matMul(probs, heads));
          return tf.transpose(context, [0, 2, 1, 3]).reshape([B * T, C]);
        });
        return tf.tidy('output', () => tf.add(x, update));
      });
    }
    return tf.tidy('transformer.ln_f', () => tf.mul(x, tf.scalar(2)));
  });
}
