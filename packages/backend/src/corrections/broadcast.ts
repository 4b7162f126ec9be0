/** An elementwise function of two host tensors under broadcasting, for the kernels that are replaced whole. */
import { backend_util, util } from '@tensorflow/tfjs';
import type { HostTensor } from '../kernel-types.ts';

/** How far the flat index of `shape` moves per step along each axis of `out`: 0 where it is broadcast. */
function strides(shape: readonly number[], out: readonly number[]): number[] {
  const own = [...util.computeStrides([...shape]), 1];
  return out.map((_, axis) => {
    const at = axis - (out.length - shape.length);
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}

/** The shape two tensors broadcast to. */
export function broadcastShape(a: HostTensor, b: HostTensor): number[] {
  return backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
}

/** Calls `visit(i, ai, bi)` with the flat indices of the output and of both inputs, for every output element. */
export function forEachPair(
  a: HostTensor,
  b: HostTensor,
  out: HostTensor,
  visit: (i: number, ai: number, bi: number) => void,
): void {
  const size = util.sizeFromShape(out.shape);
  const aStep = strides(a.shape, out.shape);
  const bStep = strides(b.shape, out.shape);
  const at = out.shape.map(() => 0);
  let ai = 0;
  let bi = 0;
  for (let i = 0; i < size; i++) {
    visit(i, ai, bi);
    for (let axis = out.shape.length - 1; axis >= 0; axis--) {
      ai += aStep[axis]!;
      bi += bStep[axis]!;
      if (++at[axis]! < out.shape[axis]!) break;
      ai -= aStep[axis]! * out.shape[axis]!;
      bi -= bStep[axis]! * out.shape[axis]!;
      at[axis] = 0;
    }
  }
}
