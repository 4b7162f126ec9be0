import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import { wasm } from './index.ts';

const { Memory } = WebAssembly;

afterEach(() => void vi.restoreAllMocks());

it('where no memory is to be had that threads can share: one thread, why, and the same numbers', async () => {
  vi.spyOn(process.getBuiltinModule('node:os'), 'availableParallelism').mockReturnValue(4);
  WebAssembly.Memory = class extends Memory {
    constructor(given: WebAssembly.MemoryDescriptor) {
      super(given);
      if (!given.shared) return;
      WebAssembly.Memory = Memory;
      throw new RangeError('could not allocate memory');
    }
  };
  const session = await wasm.open();
  expect(session.facts.version).toContain(
    '1 thread: there is no memory that threads can share (could not allocate memory)',
  );
  const product = tf.tidy(() => tf.matMul(tf.ones([300, 300]), tf.ones([300, 300])));
  expect([...new Set(await product.data())]).toEqual([300]);
  product.dispose();
  await session.dispose();
});
