/** Sums, moves of rows and comparisons of the wasm backend, at sizes with and without whole vectors and with and without threads. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../backend.ts';
import { wasm } from './index.ts';

let session: Session;
beforeAll(async () => {
  session = await wasm.open();
});
afterAll(() => session.dispose());

/** Numbers that follow from where they stand. */
const numbers = (size: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + 1));

/** The coordinates of an element. */
function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return place;
}

const indexOf = (place: readonly number[], shape: readonly number[]): number =>
  place.reduce((index, at, axis) => index * shape[axis]! + at, 0);

describe('a sum', () => {
  it.each<[shape: number[], axes: number[]]>([
    [[7], [0]],
    [[5, 9], [0]],
    [[5, 9], [1]],
    [
      [5, 9],
      [0, 1],
    ],
    [[300, 130], [0]],
    [[300, 130], [1]],
    [
      [3, 1, 40, 17],
      [1, 2],
    ],
    [[2, 6, 5, 3], [1]],
    [
      [2, 6, 5, 3],
      [2, 3],
    ],
    [
      [2, 3, 4, 5],
      [0, 2],
    ],
    [[1, 1], [0]],
  ])('of %j along %j', async (shape, axes) => {
    const x = numbers(tf.util.sizeFromShape(shape));
    x[3] = Number.NaN;
    x[5] = Number.POSITIVE_INFINITY;
    const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const sums = new Float64Array(tf.util.sizeFromShape(kept));
    x.forEach((value, index) => {
      const place = placeOf(index, shape).map((at, axis) => (axes.includes(axis) ? 0 : at));
      sums[indexOf(place, kept)]! += value;
    });
    const result = tf.tidy(() => tf.sum(tf.tensor(x, shape), axes, true));
    expect(result.shape).toEqual(kept);
    const found = await result.data();
    result.dispose();
    found.forEach((value, i) => {
      if (Number.isFinite(sums[i])) expect(value).toBeCloseTo(sums[i]!, 4);
      else expect(value).toBe(sums[i]);
    });
  });

  it('overflows where its result does, and not on the way', async () => {
    const big = 3e38;
    const x = tf.tensor2d([
      [big, big],
      [big, -big],
      [-big, 1],
    ]);
    const sums = tf.tidy(() => [tf.sum(x, 0), tf.sum(x, 1)] as const);
    expect([...(await sums[0].data())]).toEqual([Math.fround(big), 1]);
    expect([...(await sums[1].data())]).toEqual([Number.POSITIVE_INFINITY, 0, Math.fround(1 - big)]);
    tf.dispose([x, ...sums]);
  });
});

it.each<[shape: number[], order: number[]]>([
  [
    [2, 3, 4, 5],
    [0, 2, 1, 3],
  ],
  [
    [2, 100, 8, 96],
    [0, 2, 1, 3],
  ],
  [
    [2, 5, 3, 4, 8],
    [2, 0, 3, 1, 4],
  ],
  [
    [2, 5, 3, 4, 1],
    [2, 0, 3, 1, 4],
  ],
  [
    [2, 3, 4, 5],
    [0, 1, 3, 2],
  ],
])('a transpose of %j to %j', async (shape, order) => {
  const x = numbers(tf.util.sizeFromShape(shape));
  x[4] = Number.NaN;
  const out = order.map((axis) => shape[axis]!);
  const result = tf.tidy(() => tf.transpose(tf.tensor(x, shape), order));
  expect(result.shape).toEqual(out);
  const expected = x.map((_, index) => {
    const place = placeOf(index, out);
    return x[
      indexOf(
        shape.map((_size, axis) => place[order.indexOf(axis)]!),
        shape,
      )
    ]!;
  });
  const found = await result.data();
  expect(expected.findIndex((value, at) => !Object.is(value, found[at]))).toBe(-1);
  result.dispose();
});

it.each<[shape: number[], begin: number[], size: number[]]>([
  [[9], [2], [5]],
  [
    [6, 40, 7],
    [1, 3, 0],
    [4, 30, 7],
  ],
  [
    [6, 40, 7],
    [1, 3, 2],
    [4, 30, 4],
  ],
  [
    [3, 50, 300],
    [1, 0, 0],
    [1, 50, 300],
  ],
  [
    [2, 3, 4, 5, 6],
    [1, 1, 0, 2, 3],
    [1, 2, 4, 3, -1],
  ],
])('a part of %j from %j of size %j', async (shape, begin, size) => {
  const x = numbers(tf.util.sizeFromShape(shape));
  x[x.length - 1] = Number.NaN;
  const out = size.map((length, axis) => (length < 0 ? shape[axis]! - begin[axis]! : length));
  const result = tf.tidy(() => tf.slice(tf.tensor(x, shape), begin, size));
  expect(result.shape).toEqual(out);
  const expected = Float32Array.from({ length: tf.util.sizeFromShape(out) }, (_, index) => {
    const place = placeOf(index, out).map((at, axis) => at + begin[axis]!);
    return x[indexOf(place, shape)]!;
  });
  expect(await result.data()).toEqual(expected);
  result.dispose();
});

it.each([0, 1, 2, -1])('the parts along axis %i', async (axis) => {
  const shape = [3, 40, 170];
  const at = axis < 0 ? shape.length + axis : axis;
  const x = numbers(tf.util.sizeFromShape(shape));
  const parts = tf.tidy(() => tf.unstack(tf.tensor(x, shape), axis));
  expect(parts.length).toBe(shape[at]);
  for (const [part, result] of parts.entries()) {
    expect(result.shape).toEqual(shape.filter((_, other) => other !== at));
    const expected = x.filter((_, index) => placeOf(index, shape)[at] === part);
    expect(await result.data()).toEqual(expected);
  }
  tf.dispose(parts);
});

it.each<[table: number[], indices: number[]]>([
  [[9], [40]],
  [[9, 3], [40]],
  [
    [70, 96],
    [4, 100],
  ],
  [[5, 2, 3], [4]],
])('rows of a table of %j, looked up by %j', async (table, indices) => {
  const x = numbers(tf.util.sizeFromShape(table));
  x[1] = Number.NEGATIVE_INFINITY;
  const at = Int32Array.from({ length: tf.util.sizeFromShape(indices) }, (_, i) => (i * 7 + 1) % table[0]!);
  const width = x.length / table[0]!;
  const result = tf.tidy(() => tf.gather(tf.tensor(x, table), tf.tensor(at, indices, 'int32')));
  expect(result.shape).toEqual([...indices, ...table.slice(1)]);
  const expected = Float32Array.from(
    { length: at.length * width },
    (_, i) => x[at[Math.floor(i / width)]! * width + (i % width)]!,
  );
  expect(await result.data()).toEqual(expected);
  result.dispose();
});

it.each(['float32', 'int32'] as const)('comparisons of %s cells, as many as threads share', async (dtype) => {
  const [rows, columns] = [400, 400];
  const value = (i: number) => (dtype === 'float32' && i % 11 === 3 ? Number.NaN : ((i * 5) % 17) - 8);
  const [row, column] = [
    Array.from({ length: columns }, (_, i) => value(i)),
    Array.from({ length: rows }, (_, i) => value(i + 4)),
  ];
  const asked: readonly (readonly [typeof tf.less, (x: number, y: number) => boolean])[] = [
    [tf.less, (x, y) => x < y],
    [tf.lessEqual, (x, y) => x <= y],
    [tf.greater, (x, y) => x > y],
    [tf.greaterEqual, (x, y) => x >= y],
    [tf.equal, (x, y) => x === y],
    [tf.notEqual, (x, y) => x !== y],
  ];
  for (const [ask, holds] of asked) {
    const result = tf.tidy(() =>
      ask(tf.tensor2d([row], undefined, dtype), tf.tensor(column, [rows, 1], dtype)),
    );
    const expected = Uint8Array.from({ length: rows * columns }, (_, i) =>
      Number(holds(row[i % columns]!, column[Math.floor(i / columns)]!)),
    );
    expect(Buffer.compare((await result.data()) as Uint8Array, expected), ask.name).toBe(0);
    result.dispose();
  }
});

it('a clone costs no memory, and outlives what it was made of', async () => {
  const x = tf.tensor1d([1, Number.NaN, 3]);
  const before = tf.memory().numDataBuffers;
  const clone = x.clone();
  expect(tf.memory().numDataBuffers).toBe(before);
  x.dispose();
  tf.tensor1d([7, 8, 9]).dispose();
  expect([...(await clone.data())]).toEqual([1, Number.NaN, 3]);
  clone.dispose();
});
