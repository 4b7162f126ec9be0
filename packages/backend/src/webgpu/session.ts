/** Puts TensorFlow.js on an opened adapter, and makes device errors and device loss reach the caller. */
import * as tf from '@tensorflow/tfjs';
import type { BackendFacts, Session } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import type { WebgpuBackend } from '../kernel-types.ts';
import { activate } from '../registry.ts';
import { correctionsFor } from './corrections.ts';
import type { Gpu } from './gpu.ts';
import { openDevice, type WatchedDevice } from './open-device.ts';

/**
 * Every read waits for the device or for its loss, whichever comes first, and throws when the device reported
 * an error before it: a rejected command leaves old or zero values behind, never an exception.
 */
function guardReads(backend: WebgpuBackend, { lost, errors }: WatchedDevice): void {
  const read = backend.read.bind(backend);
  const failed = lost.then((reason) => {
    throw new Error(`The GPU device was lost: ${reason}`);
  });
  failed.catch(() => {});
  backend.read = async (dataId) => {
    const values = await Promise.race([read(dataId), failed]);
    if (errors.length > 0) throw new Error(`The GPU device reported an error: ${errors[0]}`);
    return values;
  };
}

export async function openSession(gpu: Gpu, adapter: GPUAdapter, facts: BackendFacts): Promise<Session> {
  // tfjs looks for navigator.gpu while it is being imported.
  gpu.publish();
  type Package = typeof import('@tensorflow/tfjs-backend-webgpu');
  const loaded: Package & { readonly default?: Package } = await import('@tensorflow/tfjs-backend-webgpu');
  // CommonJS in a bundle for Node: what it exports is its default.
  const { WebGPUBackend } = loaded.default ?? loaded;
  // By default small tensors silently run on the CPU, which would hide what the GPU does with a NaN.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const watched = await openDevice(adapter);
  const backend = new WebGPUBackend(watched.device, adapter.info);
  guardReads(backend, watched);
  if ('webgpu' in tf.engine().registryFactory) tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
  await activate('webgpu');
  return {
    id: 'webgpu',
    tfjsName: 'webgpu',
    facts,
    notes: facts.adapter ? correct(correctionsFor(facts.adapter)) : [],
    lost: watched.lost,
    errors: watched.errors,
    dispose: async () => {
      if (tf.getBackend() === 'webgpu') await tf.setBackend('cpu');
      tf.removeBackend('webgpu');
      watched.close();
      gpu.close();
    },
  };
}
