/**
 * Matrix products of the plain JavaScript backend: the sums of its own kernel in its own order, eight elements at a time. A sum of
 * one element waits for itself at every term; eight go side by side, and each has the bits that it has alone.
 */
import * as tf from '@tensorflow/tfjs';
import { wrapKernel } from '../corrections/correction.ts';

interface CpuBackend {
  /** Edge of the squares in which the backend adds; the order of its sums. */
  readonly blockSize: number;
  readonly data: { get(id: tf.DataId): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: Float32Array): tf.TensorInfo;
}

type Call = Parameters<tf.KernelFunc>[0];
type Kernel = (call: Call) => tf.TensorInfo | tf.TensorInfo[];

/** The matrices of a tensor: how many, and how far apart their elements lie from row to row and from column to column. */
function matrices({ shape }: tf.TensorInfo, transposed: boolean) {
  const [height, width] = shape.slice(-2) as [number, number];
  const count = tf.util.sizeFromShape(shape.slice(0, -2));
  return transposed
    ? { count, size: height * width, rows: width, columns: height, down: 1, right: width }
    : { count, size: height * width, rows: height, columns: width, down: width, right: 1 };
}

type Matrices = ReturnType<typeof matrices>;

type Given = readonly [values: Float32Array, matrices: Matrices, at: number];
type Square = readonly [i0: number, i1: number, j0: number, j1: number, k0: number, k1: number];

/** out[i, j] += sum of a[i, k] b[k, j] for k from `k0` to before `k1`, in that order, for the rows and columns of one square. */
function addSquare(
  left: Given,
  right: Given,
  out: readonly [Float32Array, number],
  [i0, i1, j0, j1, k0, k1]: Square,
): void {
  const i4 = i1 - ((i1 - i0) % 4);
  const j2 = j1 - ((j1 - j0) % 2);
  addBlocks(left, right, out, [i0, i4, j0, j2, k0, k1]);
  addRows(left, right, out, [i0, i4, j2, j1, k0, k1]);
  addRows(left, right, out, [i4, i1, j0, j1, k0, k1]);
}

/** Four rows and two columns at a time: what is read is used more than once. */
function addBlocks(
  [a, left, atA]: Given,
  [b, right, atB]: Given,
  [out, at]: readonly [Float32Array, number],
  [i0, i1, j0, j1, k0, k1]: Square,
): void {
  const { right: stepA, down } = left;
  const { down: stepB, right: next, columns: width } = right;
  for (let i = i0; i < i1; i += 4) {
    for (let j = j0; j < j1; j += 2) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      let p = atA + i * down + k0 * stepA;
      let q = atB + k0 * stepB + j * next;
      for (let k = k0; k < k1; k++) {
        const x = b[q]!;
        const y = b[q + next]!;
        const a0 = a[p]!;
        const a1 = a[p + down]!;
        const a2 = a[p + 2 * down]!;
        const a3 = a[p + 3 * down]!;
        s0 += a0 * x;
        s1 += a1 * x;
        s2 += a2 * x;
        s3 += a3 * x;
        t0 += a0 * y;
        t1 += a1 * y;
        t2 += a2 * y;
        t3 += a3 * y;
        p += stepA;
        q += stepB;
      }
      const place = at + i * width + j;
      out[place]! += s0;
      out[place + 1]! += t0;
      out[place + width]! += s1;
      out[place + width + 1]! += t1;
      out[place + 2 * width]! += s2;
      out[place + 2 * width + 1]! += t2;
      out[place + 3 * width]! += s3;
      out[place + 3 * width + 1]! += t3;
    }
  }
}

/** A row and four columns at a time, and what is left of columns one by one. */
function addRows(
  [a, left, atA]: Given,
  [b, right, atB]: Given,
  [out, at]: readonly [Float32Array, number],
  [i0, i1, j0, j1, k0, k1]: Square,
): void {
  const { right: stepA } = left;
  const { down: stepB, right: next } = right;
  for (let i = i0; i < i1; i++) {
    const row = at + i * right.columns;
    const first = atA + i * left.down + k0 * stepA;
    let j = j0;
    for (; j + 4 <= j1; j += 4) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      let p = first;
      let q = atB + k0 * stepB + j * next;
      for (let k = k0; k < k1; k++) {
        const x = a[p]!;
        s0 += x * b[q]!;
        s1 += x * b[q + next]!;
        s2 += x * b[q + 2 * next]!;
        s3 += x * b[q + 3 * next]!;
        p += stepA;
        q += stepB;
      }
      out[row + j]! += s0;
      out[row + j + 1]! += s1;
      out[row + j + 2]! += s2;
      out[row + j + 3]! += s3;
    }
    for (; j < j1; j++) {
      let sum = 0;
      let p = first;
      let q = atB + k0 * stepB + j * next;
      for (let k = k0; k < k1; k++) {
        sum += a[p]! * b[q]!;
        p += stepA;
        q += stepB;
      }
      out[row + j]! += sum;
    }
  }
}

/** The product of two float32 tensors, or undefined for what the backend's own kernel is to compute or refuse. */
function product({ inputs, attrs, backend }: Call): tf.TensorInfo | undefined {
  const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
  const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const left = matrices(a, transposeA);
  const right = matrices(b, transposeB);
  if (left.columns !== right.rows) return undefined;
  const { blockSize, data, makeTensorInfo } = backend as unknown as CpuBackend;
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [M, K, N] = [left.rows, left.columns, right.columns];
  const count = Math.max(left.count, right.count);
  const [from, by] = [data.get(a.dataId).values, data.get(b.dataId).values];
  const out = new Float32Array(count * M * N);
  for (let matrix = 0; matrix < count; matrix++) {
    const [atA, atB] = [(matrix % left.count) * left.size, (matrix % right.count) * right.size];
    for (let i = 0; i < M; i += blockSize)
      for (let j = 0; j < N; j += blockSize)
        for (let k = 0; k < K; k += blockSize) {
          const ends = [M, N, K].map((end, axis) => Math.min([i, j, k][axis]! + blockSize, end));
          const [i1, j1, k1] = ends as [number, number, number];
          addSquare([from, left, atA], [by, right, atB], [out, matrix * M * N], [i, i1, j, j1, k, k1]);
        }
  }
  return makeTensorInfo.call(backend, [...outer, M, N], 'float32', out);
}

/** A product with a bias for each column, as a linear layer has it. An activation is left to the backend. */
function fused(original: Kernel): Kernel {
  return (call) => {
    const { bias, preluActivationWeights } = call.inputs as { [name in string]?: tf.TensorInfo };
    const { activation, transposeB } = call.attrs as unknown as tf._FusedMatMulAttrs;
    if ((activation ?? 'linear') !== 'linear' || preluActivationWeights) return original(call);
    const width = call.inputs.b!.shape.at(transposeB ? -2 : -1)!;
    if (bias && (bias.dtype !== 'float32' || bias.shape.length !== 1 || bias.shape[0] !== width))
      return original(call);
    const result = product(call);
    if (!result || !bias) return result ?? original(call);
    const { data } = call.backend as unknown as CpuBackend;
    const [out, added] = [data.get(result.dataId).values, data.get(bias.dataId).values];
    for (let at = 0; at < out.length; at += width)
      for (let column = 0; column < width; column++) out[at + column]! += added[column]!;
    return result;
  };
}

export function replaceProduct(): void {
  wrapKernel('BatchMatMul', 'cpu', (original) => (call) => product(call) ?? original(call));
}

export function replaceFusedProduct(): void {
  wrapKernel('_FusedMatMul', 'cpu', fused);
}
