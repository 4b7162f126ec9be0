/**
 * The `webgpu` backend: a GPU, or a CPU that plays one. In Node it is Dawn over Metal, Vulkan or D3D12; in a
 * browser it is `navigator.gpu`. Results are read with `await tensor.data()` only. A process that has opened
 * it, or looked for it, should leave by `process.exit` once its session is disposed: Dawn may hold it open otherwise.
 */
import { errorLine, UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { remedyFor } from './corrections.ts';
import { adapterFacts, findGpu, type Gpu } from './gpu.ts';
import { openSession } from './session.ts';

interface Found {
  readonly gpu: Gpu;
  readonly adapter: GPUAdapter;
  readonly facts: BackendFacts;
}

async function find(): Promise<Found> {
  const gpu = await findGpu();
  const { adapter } = gpu;
  if (!adapter) throw new Error(`${gpu.provider} finds no ${gpu.api} adapter`);
  const { features } = adapter;
  const facts: BackendFacts = {
    id: 'webgpu',
    version: `@tensorflow/tfjs-backend-webgpu ${tf.version.tfjs} without CPU forwarding, on ${gpu.provider}`,
    adapter: adapterFacts(adapter.info, features, gpu.api),
    capabilities: {
      gpu: true,
      shaderF16: features.has('shader-f16'),
      subgroups: features.has('subgroups'),
      strictNumerics: false,
    },
  };
  return { gpu, adapter, facts };
}

const platform = () => (typeof process === 'undefined' ? 'browser' : process.platform);

export const webgpu: Backend = {
  id: 'webgpu',
  probe: async () => {
    try {
      const { facts } = await find();
      return { id: 'webgpu', available: true, facts };
    } catch (cause) {
      return { id: 'webgpu', available: false, reason: errorLine(cause), remedy: remedyFor(platform()) };
    }
  },
  open: async () => {
    try {
      const { gpu, adapter, facts } = await find();
      return await openSession(gpu, adapter, facts);
    } catch (cause) {
      throw new UserError(
        'backend/not-available',
        `The webgpu backend cannot be opened: ${errorLine(cause)}. ${remedyFor(platform())}`,
        { cause },
      );
    }
  },
};
