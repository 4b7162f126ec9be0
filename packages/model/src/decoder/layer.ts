/**
 * One layer of a decoder on rows [B*T,C]: two branches, attention and MLP, each added to the residual stream, with norms
 * where the family has them. The tidy names are the module paths that taps report.
 */
import * as tf from '@tensorflow/tfjs';
import { attentionBranch } from './attention-branch.ts';
import { type DecoderContext, normalise } from './context.ts';
import { mlpBranch } from './mlp-branch.ts';
import { inBranch } from './names.ts';
import type { BranchSpec } from './spec.ts';

/** x [B*T,C] -> [B*T,C] */
export function decoderLayer(x: tf.Tensor2D, index: number, context: DecoderContext): tf.Tensor2D {
  const { spec, dropout, captureRows, cast } = context;
  const { branches, parallel, residualScale } = spec;
  const layer = `${spec.layerPrefix}${index}`;
  const norm = (name: string | undefined, rows: tf.Tensor2D) =>
    name === undefined ? rows : normalise(context, `${layer}.${name}`, rows);
  /** What a branch adds to the stream. */
  const added = (
    { after, undropped }: BranchSpec,
    site: `h.${number}.resid_${'attn' | 'mlp'}`,
    output: tf.Tensor2D,
  ): tf.Tensor2D => {
    const update = norm(after, output);
    const kept = dropout && !undropped ? dropout(site, update) : update;
    return residualScale === 1 ? kept : cast(tf.mul<tf.Tensor2D>(kept, residualScale));
  };
  const sum = (a: tf.Tensor2D, b: tf.Tensor2D) => cast(tf.add<tf.Tensor2D>(a, b));
  const path = (module: string | null) => `${layer}.${inBranch(module, '')}`;
  const attend = (rows: tf.Tensor2D) =>
    tf.tidy(branches.attention.module ?? 'self_attn', () => {
      const output = attentionBranch(rows, index, path(branches.attention.module), context);
      captureRows?.('attention', index, output);
      return output;
    });
  const transform = (rows: tf.Tensor2D) =>
    tf.tidy(branches.mlp.module ?? 'mlp', () => mlpBranch(rows, path(branches.mlp.module), context));

  return tf.tidy(layer, () => {
    const normalised = norm(branches.attention.before, x);
    const attended = added(branches.attention, `h.${index}.resid_attn`, attend(normalised));
    if (parallel) {
      const input = branches.mlp.before === undefined ? normalised : norm(branches.mlp.before, x);
      const transformed = added(branches.mlp, `h.${index}.resid_mlp`, transform(input));
      const inTurn = parallel === 'in turn';
      return tf.tidy('output', () =>
        inTurn ? sum(sum(x, attended), transformed) : sum(x, sum(attended, transformed)),
      );
    }
    const stream = tf.tidy('attn_residual', () => sum(x, attended));
    captureRows?.('attention_residual', index, stream);
    const middle = norm(branches.attention.sum, stream);
    const transformed = added(
      branches.mlp,
      `h.${index}.resid_mlp`,
      transform(norm(branches.mlp.before, middle)),
    );
    const output = () => sum(middle, transformed);
    if (branches.mlp.sum === undefined) return tf.tidy('output', output);
    return norm(branches.mlp.sum, tf.tidy('mlp_residual', output));
  });
}
