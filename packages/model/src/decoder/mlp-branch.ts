/** The MLP half of a layer on rows [B*T,C]: plain, or gated by a second projection. */
import * as tf from '@tensorflow/tfjs';
import { activate } from '../kernels/activation.ts';
import { type DecoderContext, project } from './context.ts';

/** x [N,C] -> [N,C] @param path `model.layers.3.mlp.` */
export function mlpBranch(x: tf.Tensor2D, path: string, context: DecoderContext): tf.Tensor2D {
  const { projections, down, activation } = context.spec.mlp;
  const apply = (name: string, rows: tf.Tensor2D) => tf.tidy(name, () => project(context, path + name, rows));
  const act = (rows: tf.Tensor2D) => tf.tidy('act_fn', () => activate(activation, rows, context.dtype));
  const product = (a: tf.Tensor2D, b: tf.Tensor2D) => context.cast(tf.mul<tf.Tensor2D>(a, b));
  const inner = () => {
    if (projections.kind === 'plain') return act(apply(projections.up, x));
    if (projections.kind === 'gated')
      return product(act(apply(projections.gate, x)), apply(projections.up, x));
    const [gate, up] = tf.split(apply(projections.name, x), 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    return product(act(gate), up);
  };
  return apply(down, inner());
}
