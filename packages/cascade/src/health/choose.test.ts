import { builtinBackend, type Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countBits } from './bits.ts';
import { chooseCounter } from './choose.ts';

const specials = [
  0x7fc00000, 0xffc00001, 0x7f800001, 0x7f800000, 0xff800000, 0x7f7fffff, 0x00000001, 0x80000000,
];

/** Ordinary numbers, and a special one after every `gap` of them; 0 for none. */
function bitsOf(size: number, gap: number): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(size).fill(0x3f800000);
  if (gap > 0) for (let i = gap - 1, k = 0; i < size; i += gap) bits[i] = specials[k++ % specials.length]!;
  return bits;
}

const native = await builtinBackend('tensorflow')!.probe();

describe.each(['wasm', 'tensorflow'])('counting on %s', (id) => {
  if (id === 'tensorflow' && !native.available) return it.skip(native.reason, () => {});
  let session: Session;
  beforeAll(async () => {
    session = await builtinBackend(id)!.open();
  });
  afterAll(() => session.dispose());

  const shapes = [
    [2049, undefined],
    [2051, undefined],
    [40_003, undefined],
    [4098, 1],
    [4098, 3],
    [4100, 5],
    [65_536, 128],
    [100_514, 50_257],
    [300_007, undefined],
    // On wasm it is shared among threads.
    [2_100_011, undefined],
  ] as const;
  it.each(shapes)('finds in %d elements, in rows of %s, what a plain count finds', (size, rowLength) => {
    const counter = chooseCounter(id, tf.backend(), false);
    for (const gap of [0, 1, 2, 37, size]) {
      const values = new Float32Array(bitsOf(size, gap).buffer);
      // What an op made is the device's own.
      const tensor = tf.tidy(() => tf.tensor2d(values, [1, size]).reshape([size]));
      expect(counter.measure(tensor, rowLength)).toEqual(countBits(values, { rowLength }));
      tensor.dispose();
    }
  });
});
