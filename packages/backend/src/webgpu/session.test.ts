/** Errors and losses of a real device; skipped where there is none. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Session } from '../backend.ts';
import type { WebgpuBackend } from '../host-memory.ts';
import { findGpu } from './gpu.ts';
import { webgpu } from './index.ts';

const probe = await webgpu.probe();
const why = probe.available ? '' : ` (skipped: ${probe.reason})`;

describe.skipIf(!probe.available)(`a webgpu session${why}`, () => {
  let session: Session;
  afterEach(() => session.dispose());
  const device = () => (tf.backend() as WebgpuBackend).device;
  const total = async () => (await tf.sum(tf.ones([4])).data())[0];

  it('has the buffers that the logits of GPT-2 need, and runs small tensors on the GPU', async () => {
    session = await webgpu.open();
    const logits = 4 * 128 * 50257 * 4;
    expect(device().limits.maxStorageBufferBindingSize).toBeGreaterThan(logits);
    expect(device().limits.maxBufferSize).toBeGreaterThan(50257 * 768 * 4);
    expect(tf.env().getBool('WEBGPU_CPU_FORWARD')).toBe(false);
    expect(device().features.has('shader-f16')).toBe(session.facts.capabilities.shaderF16);
    expect(session.facts.adapter?.vendor).not.toBe('');
  });

  const coarse = process.platform === 'win32';
  it.skipIf(coarse)(
    `waits by timers for what takes long${coarse ? ' (skipped: time goes in steps of 15.6 ms on Windows)' : ''}`,
    async () => {
      session = await webgpu.open();
      const { setTimeout: timer } = globalThis;
      let rests = 0;
      globalThis.setTimeout = Object.assign((...given: Parameters<typeof timer>) => {
        rests += 1;
        return timer(...given);
      }, timer) as typeof timer;
      try {
        let x = tf.randomUniform([1024, 1024]) as tf.Tensor;
        // As much as a GPU of any speed is busy with for a while.
        for (let products = 1; rests < 3 && products <= 64; products *= 2) {
          for (let i = 0; i < products; i += 1) x = tf.tidy(() => tf.matMul(x, x.mul(1e-3)));
          await x.data();
        }
      } finally {
        globalThis.setTimeout = timer;
      }
      expect(rests).toBeGreaterThanOrEqual(3);
    },
  );

  it('opens again after it was disposed', async () => {
    session = await webgpu.open();
    expect(await total()).toBe(4);
    await session.dispose();
    expect(tf.getBackend()).toBe('cpu');
    session = await webgpu.open();
    expect(await total()).toBe(4);
  });

  it('opens while it is looked at, and stays open when that has ended', async () => {
    [session] = await Promise.all([webgpu.open(), webgpu.probe()]);
    await webgpu.probe();
    expect(navigator.gpu).toBeDefined();
    expect(await total()).toBe(4);
  });

  it('a rejected command is recorded, and the next read throws', async () => {
    session = await webgpu.open();
    expect(await total()).toBe(4);
    device().createBuffer({ size: 16, usage: 0 });
    await expect(total()).rejects.toThrow(/The GPU device reported an error/);
    expect(session.errors).toHaveLength(1);
  });

  it('a lost device settles `lost`, and a read fails instead of waiting for ever', async () => {
    session = await webgpu.open();
    const pending = tf.sum(tf.ones([4]));
    device().destroy();
    expect(await session.lost).toMatch(/destroyed/);
    await expect(pending.data()).rejects.toThrow();
  });
});

it.skipIf(!probe.available)(
  `a device that nobody holds while it is asked something does not crash the process${why}`,
  async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const ask = async () => {
      const { adapter } = await findGpu();
      const device = await adapter!.requestDevice();
      const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ });
      const answer = buffer.mapAsync(GPUMapMode.READ).catch(() => 'refused');
      device.destroy();
      return { answer };
    };
    for (let i = 0; i < 20; i += 1) {
      const { answer } = await ask();
      collectGarbage();
      await turn();
      collectGarbage();
      expect(await answer).toBe('refused');
    }
  },
);
