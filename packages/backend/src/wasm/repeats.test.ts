/** Comparisons, logic, tiles and look-ups of the wasm backend are those of plain JavaScript, NaN included. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../backend.ts';
import { wasm } from './index.ts';

let session: Session;
beforeAll(async () => {
  session = await wasm.open();
});
afterAll(() => session.dispose());

const shapes: readonly (readonly [a: number[], b: number[], out: number[]])[] = [
  [[3, 5], [5], [3, 5]],
  [
    [1, 5],
    [3, 1],
    [3, 5],
  ],
  [
    [2, 1, 4, 3],
    [1, 3, 1, 3],
    [2, 3, 4, 3],
  ],
  [
    [2, 3, 4],
    [2, 3, 1],
    [2, 3, 4],
  ],
  [[], [4], [4]],
];
const numbers = [Number.NaN, 0, -0, 1, 2, Number.POSITIVE_INFINITY, -1, 2, Number.NEGATIVE_INFINITY, 1];
const valuesOf = (shape: number[], from: number) =>
  Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => numbers[(i * 3 + from) % numbers.length]!);

/** The element of `shape` that an element of `out` is made of. */
function source(shape: number[], out: number[], index: number): number {
  let [at, step, rest] = [0, 1, index];
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const place = rest % out[axis]!;
    rest = Math.floor(rest / out[axis]!);
    const own = shape[axis - out.length + shape.length];
    if (own === undefined) continue;
    at += (own === 1 ? 0 : place) * step;
    step *= own;
  }
  return at;
}

const comparisons = {
  less: [tf.less, (a: number, b: number) => a < b],
  lessEqual: [tf.lessEqual, (a: number, b: number) => a <= b],
  greater: [tf.greater, (a: number, b: number) => a > b],
  greaterEqual: [tf.greaterEqual, (a: number, b: number) => a >= b],
  equal: [tf.equal, (a: number, b: number) => a === b],
  notEqual: [tf.notEqual, (a: number, b: number) => a !== b],
} as const;
const logic = {
  logicalAnd: [tf.logicalAnd, (a: boolean, b: boolean) => a && b],
  logicalOr: [tf.logicalOr, (a: boolean, b: boolean) => a || b],
} as const;

describe.each(shapes)('of %j and %j', (aShape, bShape, out) => {
  const size = tf.util.sizeFromShape(out);
  const expected = <T>(a: T[], b: T[], holds: (a: T, b: T) => boolean) =>
    Array.from({ length: size }, (_, i) =>
      Number(holds(a[source(aShape, out, i)]!, b[source(bShape, out, i)]!)),
    );

  it.each(Object.entries(comparisons))('%s', async (_, [compare, holds]) => {
    const [a, b] = [valuesOf(aShape, 0), valuesOf(bShape, 1)];
    const result = tf.tidy(() => compare(tf.tensor(a, aShape), tf.tensor(b, bShape)));
    expect([result.dtype, result.shape]).toEqual(['bool', out]);
    expect([...(await result.data())]).toEqual(expected(a, b, holds));
    result.dispose();
  });

  it.each(Object.entries(logic))('%s', async (_, [combine, holds]) => {
    const truths = (shape: number[], from: number) => valuesOf(shape, from).map((x) => x > 0);
    const [a, b] = [truths(aShape, 0), truths(bShape, 1)];
    const result = tf.tidy(() => combine(tf.tensor(a, aShape, 'bool'), tf.tensor(b, bShape, 'bool')));
    expect([...(await result.data())]).toEqual(expected(a, b, holds));
    result.dispose();
  });
});

it.each([
  [
    [2, 3],
    [2, 2],
  ],
  [[3], [3]],
  [
    [2, 1, 2],
    [1, 3, 1],
  ],
  [
    [1, 2, 1, 3],
    [2, 1, 3, 2],
  ],
])('a tile of %j, %j times', async (shape, reps) => {
  const x = valuesOf(shape, 0);
  const out = shape.map((size, axis) => size * reps[axis]!);
  const result = tf.tidy(() => tf.tile(tf.tensor(x, shape), reps));
  expect(result.shape).toEqual(out);
  const found = [...(await result.data())];
  const place = (index: number) => {
    let [at, step, rest] = [0, 1, index];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += ((rest % out[axis]!) % shape[axis]!) * step;
      rest = Math.floor(rest / out[axis]!);
      step *= shape[axis]!;
    }
    return at;
  };
  expect(found).toEqual(found.map((_, i) => Math.fround(x[place(i)]!)));
  result.dispose();
});

it('looks numbers up in a table, and refuses a place that is not in it', async () => {
  const table = [Number.NaN, Number.NEGATIVE_INFINITY, 3];
  const look = (at: number[][]) =>
    tf.tidy(() => tf.gather(tf.tensor1d(table), tf.tensor2d(at, undefined, 'int32')));
  const result = look([
    [2, 0],
    [1, 1],
  ]);
  expect(result.shape).toEqual([2, 2]);
  expect([...(await result.data())]).toEqual([
    3,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]);
  result.dispose();
  expect(() => look([[3, 0]])).toThrow('not in [0, 2]');
});
