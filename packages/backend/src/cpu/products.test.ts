import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cpu } from './index.ts';

type Kernel = tf.KernelFunc;
const names = ['BatchMatMul', '_FusedMatMul'];
const own = names.map((name) => tf.getKernel(name, 'cpu')!.kernelFunc);
let session: Awaited<ReturnType<typeof cpu.open>>;
beforeAll(async () => {
  session = await cpu.open();
});
afterAll(() => session.dispose());

/** Numbers of many sizes, and now and then what is none. */
function numbers(shape: number[], seed: number): tf.Tensor {
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 3e38, 1e-45];
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () =>
    next() < 0.002 ? strange[Math.floor(next() * strange.length)]! : (next() - 0.5) * 10 ** (next() * 6 - 3),
  );
  return tf.tensor(values, shape, 'float32');
}

/** Bits of the elements, with one NaN for all. */
const bits = (info: tf.TensorInfo) => {
  const { values } = (tf.backend() as unknown as { data: tf.DataStorage<{ values: Float32Array }> }).data.get(
    info.dataId,
  );
  return [...new Uint32Array(Float32Array.from(values, (x) => (Number.isNaN(x) ? Number.NaN : x)).buffer)];
};

const shapes: [string, number[], number[], boolean, boolean][] = [
  ['plain', [1, 7, 100], [1, 100, 13], false, false],
  ['a transposed', [1, 100, 7], [1, 100, 13], true, false],
  ['b transposed', [1, 7, 100], [1, 13, 100], false, true],
  ['both', [2, 50, 49], [2, 51, 50], true, true],
  ['one b for all', [3, 5, 48], [1, 48, 97], false, false],
  ['one a for all', [1, 97, 49], [4, 49, 3], false, false],
  ['heads', [2, 3, 20, 8], [2, 3, 8, 20], false, false],
  ['nothing to add', [1, 2, 0], [1, 0, 5], false, false],
];

it.each(shapes)('%s has the bits of the kernel that it replaces', (_, a, b, transposeA, transposeB) => {
  const inputs = { a: numbers(a, 1), b: numbers(b, 2), bias: numbers([b.at(transposeB ? -2 : -1)!], 3) };
  const attrs = { transposeA, transposeB, activation: 'linear' } as unknown as tf.NamedAttrMap;
  names.forEach((name, i) => {
    const { kernelFunc } = tf.getKernel(name, 'cpu')!;
    expect(kernelFunc).not.toBe(own[i]);
    const run = (kernel: Kernel) => kernel({ inputs, attrs, backend: tf.backend() }) as tf.TensorInfo;
    const [is, was] = [run(kernelFunc), run(own[i]!)];
    expect(is.shape).toEqual(was.shape);
    expect(bits(is)).toEqual(bits(was));
  });
});
