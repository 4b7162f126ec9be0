/**
 * No sample of a batch may change another: the cases of `isolation-cases.ts` on every backend of this machine. It
 * is WebGPU's tiles that read past a matrix; the other backends show that the table asks for nothing more than is right.
 */
import type { Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IsolationCase, isolationCases } from './isolation-cases.ts';
import { probes } from './probes.ts';

const poisons = [Number.NaN, Number.POSITIVE_INFINITY, 1e30] as const;

/** Small multiples of 1/8: their sums are exact in any order. */
const valueAt = (i: number) => ((i * 7919) % 17) / 8 - 1;

function slices(shape: readonly number[], axis: number): (flat: number) => number {
  const inner = tf.util.sizeFromShape(shape.slice(axis + 1));
  return (flat) => Math.floor(flat / inner) % shape[axis]!;
}

async function bitsOf({ shapes, poison, run }: IsolationCase, value: number | undefined) {
  const result = tf.tidy(() => {
    const inputs = shapes.map((shape, input) => {
      const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => valueAt(i));
      if (value !== undefined && input === poison.input) {
        const sliceOf = slices(shape, poison.axis);
        values.forEach((_, i) => {
          if (sliceOf(i) === poison.at) values[i] = value;
        });
      }
      return tf.tensor(values, [...shape]);
    });
    return run(...inputs);
  });
  const data = await result.data();
  const { shape } = result;
  result.dispose();
  return { shape, bits: new Uint32Array(Float32Array.from(data).buffer) };
}

/** Places that changed though the poisoned slice is no concern of theirs. */
async function leaks(
  item: IsolationCase,
  clean: Awaited<ReturnType<typeof bitsOf>>,
  value: number,
): Promise<number[]> {
  const poisoned = await bitsOf(item, value);
  const sliceOf = slices(clean.shape, item.output.axis);
  const changed: number[] = [];
  for (let i = 0; i < clean.bits.length; i++)
    if (clean.bits[i] !== poisoned.bits[i] && !item.output.touched(sliceOf(i))) changed.push(i);
  return changed;
}

for (const { backend, probe } of probes) {
  const why = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`${backend.id}${why}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    it.each(isolationCases.map((item) => [item.id, item] as const))('%s', async (_, item) => {
      const clean = await bitsOf(item, undefined);
      for (const value of poisons) expect(await leaks(item, clean, value), `poison ${value}`).toEqual([]);
    });
  });
}
