/**
 * Matrix products and transposes that the wasm backend does in a plain loop, led to its fast kernels. XNNPACK is
 * used for one matrix that is not transposed only; a backward pass is made of the other kind, and was 20 times slower.
 */
import * as tf from '@tensorflow/tfjs';
import { wrapKernel } from '../corrections/wrap.ts';

interface WasmBackend {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  disposeData(id: tf.DataId): boolean;
}

type Kernel = (call: Parameters<tf.KernelFunc>[0]) => tf.TensorInfo | tf.TensorInfo[];

/** Below so many multiplications a matrix is not worth a copy and a set-up. */
const worthwhile = 4096;

/** [batch, rows, columns] of the last two axes. */
function stack({ shape }: tf.TensorInfo): [number, number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return [tf.util.sizeFromShape(shape.slice(0, -2)), rows, columns];
}

function product(original: Kernel): Kernel {
  return (call) => {
    const backend = call.backend as unknown as WasmBackend;
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = call.attrs as unknown as tf.BatchMatMulAttrs;
    const [aBatch, ...aSides] = stack(a);
    const [bBatch, ...bSides] = stack(b);
    const [M, K] = transposeA ? [aSides[1], aSides[0]] : aSides;
    const [inner, N] = transposeB ? [bSides[1], bSides[0]] : bSides;
    const batch = Math.max(aBatch, bBatch);
    const plain = (batch === 1 && !transposeA && !transposeB) || a.dtype !== 'float32';
    if (plain || K !== inner || M * K * N < worthwhile) return original(call);

    const owned: tf.TensorInfo[] = [];
    const own = (tensor: tf.TensorInfo): tf.TensorInfo => {
      owned.push(tensor);
      return tensor;
    };
    const upright = (
      x: tf.TensorInfo,
      shape: [number, number, number],
      transposed: boolean,
    ): tf.TensorInfo => {
      const flat = { ...x, shape };
      if (!transposed) return flat;
      const perm = { perm: [0, 2, 1] } as unknown as tf.NamedAttrMap;
      const kernel = tf.getKernel('Transpose', 'wasm')!.kernelFunc;
      return own(kernel({ inputs: { x: flat }, attrs: perm, backend: call.backend }) as tf.TensorInfo);
    };
    const left = upright(a, [aBatch, ...aSides], transposeA);
    const right = upright(b, [bBatch, ...bSides], transposeB);
    const attrs = { transposeA: false, transposeB: false } as unknown as tf.NamedAttrMap;
    const one = (x: tf.TensorInfo, y: tf.TensorInfo): tf.TensorInfo =>
      original({ inputs: { a: x, b: y }, attrs, backend: call.backend }) as tf.TensorInfo;

    const shape = [
      ...tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2)),
      M,
      N,
    ];
    let result: tf.TensorInfo;
    if (batch === 1) {
      result = one(left, right);
    } else {
      result = backend.makeOutput([batch, M, N], 'float32');
      const matrix = (x: tf.TensorInfo, at: number, rows: number, columns: number): tf.TensorInfo => {
        const copy = backend.makeOutput([1, rows, columns], 'float32');
        const size = rows * columns;
        backend
          .typedArrayFromHeap(copy)
          .set(backend.typedArrayFromHeap(x).subarray(at * size, (at + 1) * size));
        return copy;
      };
      for (let at = 0; at < batch; at++) {
        const x = matrix(left, aBatch === 1 ? 0 : at, M, K);
        const y = matrix(right, bBatch === 1 ? 0 : at, K, N);
        const part = one(x, y);
        backend.typedArrayFromHeap(result).set(backend.typedArrayFromHeap(part), at * M * N);
        for (const { dataId } of [x, y, part]) backend.disposeData(dataId);
      }
    }
    for (const { dataId } of owned) backend.disposeData(dataId);
    return { ...result, shape };
  };
}

/** Products of transposed or batched matrices, one matrix at a time through XNNPACK. */
export function replaceProduct(): void {
  wrapKernel('BatchMatMul', 'wasm', product);
}

/** Moves whole rows of the last axis, for more axes than the backend has a fast loop for. */
function transpose(original: Kernel): Kernel {
  return (call) => {
    const backend = call.backend as unknown as WasmBackend;
    const x = call.inputs.x as tf.TensorInfo;
    const { perm } = call.attrs as unknown as tf.TransposeAttrs;
    const last = x.shape.length - 1;
    const width = x.shape[last]!;
    if (last < 4 || perm[last] !== last || x.dtype !== 'float32' || width < 8) return original(call);
    const shape = perm.map((axis) => x.shape[axis]!);
    const out = backend.makeOutput(shape, x.dtype);
    const strides = tf.util.computeStrides(x.shape);
    const steps = perm.map((axis) => strides[axis] ?? 1);
    const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)];
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
