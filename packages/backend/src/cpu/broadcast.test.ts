import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { broadcastKernels } from './broadcast.ts';
import { cpu } from './index.ts';

const own = new Map(broadcastKernels.map((name) => [name, tf.getKernel(name, 'cpu')!.kernelFunc]));
let session: Awaited<ReturnType<typeof cpu.open>>;
beforeAll(async () => {
  session = await cpu.open();
});
afterAll(() => session.dispose());

const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 3e38, 1e-45];

/** Small numbers, and among floats every third one that is strange. */
function tensorOf(shape: number[], dtype: 'float32' | 'int32' | 'bool', seed: number): tf.Tensor {
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => {
    const n = Math.imul(i + seed, 2654435761) >>> 16;
    if (dtype === 'bool') return n % 2;
    return dtype === 'float32' && n % 3 === 0 ? strange[n % strange.length]! : (n % 7) - 3;
  });
  return tf.tensor(values, shape, dtype);
}

const bytesOf = (info: tf.TensorInfo) => {
  const { values } = (
    tf.backend() as unknown as { data: tf.DataStorage<{ values: Float32Array | Int32Array | Uint8Array }> }
  ).data.get(info.dataId);
  const plain =
    values instanceof Float32Array ? values.map((x) => (Number.isNaN(x) ? Number.NaN : x)) : values;
  return [...new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength)];
};

const shapes: [number[], number[]][] = [
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [[], [2, 3]],
  [[1], []],
  [
    [2, 1, 3, 1],
    [4, 1, 5],
  ],
  [
    [1, 1, 3, 4],
    [2, 1, 1, 4],
  ],
  [
    [5, 1, 1],
    [2, 3],
  ],
  [
    [0, 3],
    [1, 3],
  ],
  [
    [2, 3],
    [2, 3],
  ],
];

it.each(broadcastKernels)('%s gives the bits of the own kernel, and leaves no tensor behind', (name) => {
  const kernel = tf.getKernel(name, 'cpu')!.kernelFunc;
  expect(kernel).not.toBe(own.get(name));
  const types = name.startsWith('Logical') ? (['bool'] as const) : (['float32', 'int32'] as const);
  for (const dtype of types)
    for (const [left, right] of shapes) {
      const [a, b] = [tensorOf(left, dtype, 1), tensorOf(right, dtype, 77)];
      const call = { inputs: { a, b }, attrs: {}, backend: tf.backend() };
      const before = (tf.backend() as unknown as { numDataIds(): number }).numDataIds();
      const [actual, expected] = [kernel(call), own.get(name)!(call)] as [tf.TensorInfo, tf.TensorInfo];
      expect((tf.backend() as unknown as { numDataIds(): number }).numDataIds()).toBe(before + 2);
      expect([actual.shape, actual.dtype]).toEqual([expected.shape, expected.dtype]);
      expect(bytesOf(actual), `${left} and ${right} of ${dtype}`).toEqual(bytesOf(expected));
    }
});

it('leaves to the own kernel what is no typed array', () => {
  const listed = tf.engine().makeTensor([1, 2, 3] as never, [3], 'float32');
  expect(tf.add(listed, tf.ones([2, 1])).arraySync()).toEqual([
    [2, 3, 4],
    [2, 3, 4],
  ]);
});

it('refuses shapes that do not fit, as before', () => {
  expect(() => tf.add(tf.zeros([2, 3]), tf.zeros([2]))).toThrow('could not be broadcast');
});
