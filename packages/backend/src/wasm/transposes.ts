/** Transposes that the wasm backend does in a plain loop, element by element. */
import * as tf from '@tensorflow/tfjs';
import { type Kernel, wrapKernel } from '../corrections/wrap.ts';
import { wasmMemory } from './memory.ts';

/** Moves whole rows of the last axis, for more axes than the backend has a fast loop for. */
function transpose(original: Kernel): Kernel {
  return (call) => {
    const memory = wasmMemory(call.backend);
    const x = call.inputs.x as tf.TensorInfo;
    const { perm } = call.attrs as unknown as tf.TransposeAttrs;
    const last = x.shape.length - 1;
    const width = x.shape[last]!;
    if (last < 4 || perm[last] !== last || x.dtype !== 'float32' || width < 8) return original(call);
    const shape = perm.map((axis) => x.shape[axis]!);
    const out = memory.make(shape, x.dtype);
    const strides = tf.util.computeStrides(x.shape);
    const steps = perm.map((axis) => strides[axis] ?? 1);
    const [from, to] = [memory.values(x), memory.values(out)];
    const at = shape.map(() => 0);
    let source = 0;
    for (let target = 0; target < to.length; target += width) {
      to.set(from.subarray(source, source + width), target);
      for (let axis = last - 1; axis >= 0; axis--) {
        source += steps[axis]!;
        if (++at[axis]! < shape[axis]!) break;
        source -= steps[axis]! * shape[axis]!;
        at[axis] = 0;
      }
    }
    return out;
  };
}

/** Transposes of five axes and more that leave the last one in place: the heads of attention. */
export function replaceTranspose(): void {
  wrapKernel('Transpose', 'wasm', transpose);
}
