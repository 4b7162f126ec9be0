import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import { wasm } from './index.ts';
import { nodeHost } from './node-host.ts';

afterEach(() => void vi.restoreAllMocks());

it('where the build for threads cannot be had: one thread, why, and the same numbers', async () => {
  vi.spyOn(process.getBuiltinModule('node:os'), 'availableParallelism').mockReturnValue(4);
  vi.spyOn(nodeHost, 'build').mockRejectedValue(new Error('expected the build for threads, found 404'));
  const session = await wasm.open();
  expect(session.facts.version).toContain('1 thread: expected the build for threads, found 404');
  const product = tf.tidy(() => tf.matMul(tf.ones([300, 300]), tf.ones([300, 300])));
  expect([...new Set(await product.data())]).toEqual([300]);
  product.dispose();
  await session.dispose();
});
