/**
 * The attention half of a layer on rows [B*T,C]: projections, norms of queries and keys, rotation, attention, output. What
 * attention does with masks lives in @nanscope/attention.
 */
import { attention } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { layerNorm } from '../kernels/layer-norm.ts';
import { rotary, rotarySteps } from '../kernels/rotary.ts';
import { type DecoderContext, project, rootNorm } from './context.ts';

/** Queries, keys and values as rows [B*T, heads*D], of as many heads as each has. */
type Projected = readonly [query: tf.Tensor2D, key: tf.Tensor2D, value: tf.Tensor2D];

function projected(context: DecoderContext, path: string, x: tf.Tensor2D): Projected {
  const { heads, keyValueHeads, headDim, attention: spec } = context.spec;
  const { projections } = spec;
  const apply = (name: string) => tf.tidy(name, () => project(context, path + name, x));
  if (projections.kind === 'split')
    return [apply(projections.query), apply(projections.key), apply(projections.value)];
  const rows = apply(projections.name);
  if (projections.kind === 'stacked') {
    const sizes = [heads, keyValueHeads, keyValueHeads].map((count) => count * headDim);
    return tf.split(rows, sizes, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  }
  const N = rows.shape[0];
  const parts = tf.unstack(tf.transpose(tf.reshape(rows, [N, heads, 3, headDim]), [2, 0, 1, 3]), 0);
  return parts.map((part) => tf.reshape(part, [N, heads * headDim])) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
}

/** One of queries and keys under its norm, rows [B*T, heads*D]. */
function normalisedHeads(
  context: DecoderContext,
  path: string,
  name: string,
  rows: tf.Tensor2D,
): tf.Tensor2D {
  const { spec, parameters, cast } = context;
  const { headDim, attention: settings } = spec;
  const scale = () => parameters[`${path}${name}.weight`] as tf.Tensor1D;
  if (settings.norm?.over === 'width') return rootNorm(context, rows, scale());
  const [N, width] = rows.shape;
  const heads = tf.reshape(rows, [-1, headDim]) as tf.Tensor2D;
  if (settings.norm?.over === 'head') return tf.reshape(rootNorm(context, heads, scale()), [N, width]);
  const plain = layerNorm(heads, tf.ones([headDim]), tf.zeros([headDim]), spec.norm.epsilon);
  const scales = Array.from(
    { length: width / headDim },
    (_, head) => parameters[`${path}${name}.norms.${head}.weight`] as tf.Tensor1D,
  );
  return cast(tf.mul<tf.Tensor2D>(tf.reshape(plain, [N, width]), tf.concat(scales)));
}

/** [B,heads,T,D] -> [B,heads,T,D+1]: the first number times cosine less sine, twice, and the rest. */
function doubledTurn(
  rows: tf.Tensor4D,
  [cos, sin]: readonly [cos: tf.Tensor4D, sin: tf.Tensor4D],
  cast: DecoderContext['cast'],
): tf.Tensor4D {
  const first = tf.slice(rows, [0, 0, 0, 0], [-1, -1, -1, 1]);
  const turned = cast(tf.sub(cast(tf.mul(first, cos)), cast(tf.mul(first, sin))));
  return tf.concat([turned, turned, tf.slice(rows, [0, 0, 0, 1], [-1, -1, -1, -1])], 3) as tf.Tensor4D;
}

/** Queries or keys [B,heads,T,D], turned: in a 16-bit model each product and their sum are rounded. */
function turnIn(
  rows: tf.Tensor4D,
  turn: readonly [cos: tf.Tensor4D, sin: tf.Tensor4D],
  { spec, dtype, cast }: DecoderContext,
  index: number,
): tf.Tensor4D {
  const rope = spec.layers[index]!.rope;
  if (rope?.doubles) return doubledTurn(rows, turn, cast);
  if (dtype === 'f32') return rotary(rows, ...turn);
  if (rope?.turnsInFloat32) return cast(rotary(rows, ...turn));
  return rotarySteps(rows, ...turn, cast);
}

/** x [B*T,C] -> [B*T,C] @param path `model.layers.3.self_attn.` */
export function attentionBranch(
  x: tf.Tensor2D,
  index: number,
  path: string,
  context: DecoderContext,
): tf.Tensor2D {
  const { spec, batch, length, policy, dropout, captureProbabilities } = context;
  const { headDim, attention: settings } = spec;
  const turn = context.turns[index];
  /** [B*T, heads*D] -> [B, heads, T, D] */
  const split = (rows: tf.Tensor2D) =>
    tf.transpose(
      tf.reshape(rows, [batch, length, rows.shape[1] / headDim, headDim]),
      [0, 2, 1, 3],
    ) as tf.Tensor4D;
  const [queries, keys, values] = projected(context, path, x);
  const normalised = (name: string | undefined, rows: tf.Tensor2D) =>
    name === undefined ? rows : tf.tidy(name, () => normalisedHeads(context, path, name, rows));
  const turned = (rows: tf.Tensor4D) =>
    turn ? tf.tidy('rotary_emb', () => turnIn(rows, turn, context, index)) : rows;
  const early = settings.scalesQuery && context.dtype !== 'f32';
  const scaled = early ? context.cast(tf.mul<tf.Tensor2D>(queries, settings.scale)) : queries;
  const q = turned(split(normalised(settings.norm?.query, scaled)));
  const newKeys = turned(split(normalised(settings.norm?.key, keys)));
  const newValues = split(values);
  const [k, v] = context.extend?.(index, newKeys, newValues) ?? [newKeys, newValues];
  const mixed = attention(q, k, v, {
    mask: context.masks[index]!,
    scale: early ? 1 : settings.scale,
    ...(settings.softcap !== null && { softcap: settings.softcap }),
    ...(settings.sinks !== null && { sinks: context.parameters[path + settings.sinks] as tf.Tensor1D }),
    implementation: context.implementation,
    policy,
    ...(dropout && {
      dropout: (p, { start, keys: total }) => dropout(`h.${index}.attn`, p, { start, total }),
    }),
    ...(captureProbabilities && {
      capture: (stage, t) => {
        if (stage === 'probabilities') captureProbabilities(index, t);
      },
    }),
  });
  const rows = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * length, -1]) as tf.Tensor2D;
  return tf.tidy(settings.output, () => project(context, path + settings.output, rows));
}
