/** Says what is wrong with q, k, v before any kernel runs. */
import { UserError } from '@nanscope/errors';
import type * as tf from '@tensorflow/tfjs';
import type { MaskShape, MaskSpec } from './mask-types.ts';

/** @throws UserError `attention/shape`, `attention/dtype`, `attention/softcap` */
export function checkAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  {
    scale,
    softcap,
    sinks,
  }: { readonly scale?: number; readonly softcap?: number; readonly sinks?: tf.Tensor },
): void {
  for (const [name, x] of Object.entries({ q, k, v })) {
    if (x.rank !== 4) {
      throw new UserError(
        'attention/shape',
        `${name} must be [batch, heads, positions, size], got [${x.shape}].`,
      );
    }
    if (x.dtype !== 'float32') {
      throw new UserError(
        'attention/dtype',
        `${name} must be float32, got ${x.dtype}. Use computeDtype f16 for half arithmetic.`,
      );
    }
    if (x.size === 0) throw new UserError('attention/shape', `${name} is empty: [${x.shape}].`);
  }
  const [B, H, , D] = q.shape as [number, number, number, number];
  const [Bk, Hkv, S, Dk] = k.shape as [number, number, number, number];
  const [Bv, Hv, Sv] = v.shape as [number, number, number, number];
  const wrong = (what: string) =>
    new UserError('attention/shape', `${what}: q [${q.shape}], k [${k.shape}], v [${v.shape}].`);
  if (Bk !== B || Bv !== B) throw wrong('q, k and v must have the same batch size');
  if (Dk !== D) throw wrong('q and k must have the same head size');
  if (Hv !== Hkv || Sv !== S) throw wrong('k and v must have the same heads and positions');
  if (H % Hkv !== 0) throw wrong(`the ${Hkv} key heads must divide the ${H} query heads`);
  if (sinks && (sinks.rank !== 1 || sinks.shape[0] !== H || sinks.dtype !== 'float32'))
    throw new UserError(
      'attention/shape',
      `sinks must be float32 [heads] = [${H}], got ${sinks.dtype} [${sinks.shape}].`,
    );
  if (scale !== undefined && !Number.isFinite(scale)) {
    throw new UserError('attention/shape', `The scale must be a finite number, got ${scale}.`);
  }
  if (softcap !== undefined && !(softcap > 0 && Number.isFinite(softcap))) {
    throw new UserError(
      'attention/softcap',
      `The softcap must be a finite number above 0, got ${softcap}. Leave it out for none.`,
    );
  }
}

// Says what is wrong with a mask before any tensor is made of it.

/** @throws UserError `attention/mask-shape`, `attention/mask-dtype`, `attention/window`, `attention/offset` */
export function checkMaskSpec(spec: MaskSpec, shape: MaskShape): void {
  const { batch, queries, keys } = shape;
  const { padding, window, offset, explicit } = spec;
  if (padding && (padding.rank !== 2 || padding.shape[0] !== batch || padding.shape[1] !== keys)) {
    throw new UserError(
      'attention/mask-shape',
      `The padding mask must be [batch, keys] = [${batch}, ${keys}], got [${padding.shape}].`,
    );
  }
  if (padding && padding.dtype !== 'int32' && padding.dtype !== 'bool') {
    throw new UserError(
      'attention/mask-dtype',
      `The padding mask must be int32 or bool, got ${padding.dtype}.`,
    );
  }
  if (window !== undefined && !(Number.isInteger(window) && window >= 1)) {
    throw new UserError(
      'attention/window',
      `The window must be a whole number of at least 1 key, got ${window}.`,
    );
  }
  if (offset !== undefined && !Number.isInteger(offset)) {
    throw new UserError('attention/offset', `The offset must be a whole number of positions, got ${offset}.`);
  }
  if (explicit && explicit.dtype !== 'bool' && explicit.dtype !== 'float32') {
    throw new UserError(
      'attention/mask-dtype',
      `An explicit mask must be bool (true = may attend) or float32 (added to the scores), got ${explicit.dtype}.`,
    );
  }
  if (explicit && !broadcastable(explicit.shape, shape)) {
    throw new UserError(
      'attention/mask-shape',
      `An explicit mask must be broadcastable to [batch, heads, queries, keys] = [${batch}, heads, ${queries}, ${keys}], got [${explicit.shape}].`,
    );
  }
}

function broadcastable(shape: readonly number[], { batch, queries, keys }: MaskShape): boolean {
  if (shape.length > 4) return false;
  const [b, , t, s] = [...Array<number>(4 - shape.length).fill(1), ...shape];
  const fits = (n: number | undefined, to: number) => n === 1 || n === to;
  return fits(b, batch) && fits(t, queries) && fits(s, keys);
}
