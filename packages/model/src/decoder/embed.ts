/** What enters the first layer: rows of the token table, scaled, projected, with learned positions where there are. */
import * as tf from '@tensorflow/tfjs';
import type { ModelBatch } from '../causal-lm.ts';
import { scalarIn } from '../dtype.ts';
import { type DecoderContext, project } from './context.ts';

/** x [N,C] itself; its gradient is 0 in the rows where `keep` [N,1] is false, whatever comes from above. */
function heldRows(x: tf.Tensor2D, keep: tf.Tensor2D): tf.Tensor2D {
  const held = tf.customGrad((...args: unknown[]) => {
    const [rows, kept, save] = args as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    save([kept]);
    return {
      value: tf.clone(rows),
      gradFunc: (dy, saved) => {
        const upstream = dy as tf.Tensor;
        const mask = tf.cast((saved as tf.Tensor[])[0]!, 'bool');
        return [tf.where(mask, upstream, tf.zerosLike(upstream)), tf.zerosLike((saved as tf.Tensor[])[0]!)];
      },
    };
  });
  return held(x, keep) as tf.Tensor2D;
}

/** A root of the width is a tensor of the dtype (Gemma), a setting stays a number (Granite). */
const scaleIn = ({ spec, dtype }: DecoderContext): number =>
  spec.embedding.scaleIsTensor ? scalarIn(spec.embedding.scale, dtype) : spec.embedding.scale;

/** [B,T] ids -> [B*T,C] */
export function embed({ inputIds, positionIds }: ModelBatch, context: DecoderContext): tf.Tensor2D {
  const { spec, parameters, dropout, cast } = context;
  const { name, scale, positions, projections, padding } = spec.embedding;
  const flat = (ids: tf.Tensor2D) => tf.reshape(ids, [ids.size]) as tf.Tensor1D;
  const table = (key: string) => parameters[`${key}.weight`] as tf.Tensor2D;
  return tf.tidy(name, () => {
    const ids = flat(inputIds);
    const looked = tf.gather(table(name), ids) as tf.Tensor2D;
    const rows =
      padding === null
        ? looked
        : heldRows(looked, tf.cast(tf.reshape(tf.notEqual(ids, padding), [-1, 1]), 'float32') as tf.Tensor2D);
    const scaled = scale === 1 ? rows : cast(tf.mul<tf.Tensor2D>(rows, scaleIn(context)));
    const wide = projections ? project(context, projections.in, scaled) : scaled;
    const placed = positions
      ? cast(
          tf.add<tf.Tensor2D>(
            wide,
            tf.gather(
              table(positions.name),
              tf.add<tf.Tensor1D>(flat(positionIds), tf.scalar(positions.offset, 'int32')),
            ),
          ),
        )
      : wide;
    return dropout ? dropout('embeddings', placed) : placed;
  });
}
