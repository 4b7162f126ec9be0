/** Says what is wrong with a mask before any tensor is made of it. */
import { UserError } from '@nanscope/errors';
import type { MaskShape, MaskSpec } from './mask-types.ts';

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
