/** Says what is wrong with q, k, v before any kernel runs. */
import { UserError } from '@nanscope/errors';
import type * as tf from '@tensorflow/tfjs';

/** @throws UserError `attention/shape`, `attention/dtype`, `attention/softcap` */
export function checkAttention(
  q: tf.Tensor,
  k: tf.Tensor,
  v: tf.Tensor,
  { scale, softcap }: { readonly scale?: number; readonly softcap?: number },
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
