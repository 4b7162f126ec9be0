/** Puts TensorFlow.js on an opened adapter, and makes device errors and device loss reach the caller. */
import * as tf from '@tensorflow/tfjs';
import type { BackendFacts, Session } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import type { WebgpuBackend } from '../host-memory.ts';
import { activate } from '../kernels.ts';
import { correctionsFor } from './corrections.ts';
import type { Gpu } from './gpu.ts';

/** Features we ask for where the adapter has them. */
const wanted = ['shader-f16', 'subgroups', 'timestamp-query'] as const;

/** Limits raised to what the adapter offers. */
const raised = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

interface WatchedDevice {
  readonly device: GPUDevice;
  /** Settles with the reason once the device is lost for any cause but `close`. */
  readonly lost: Promise<string>;
  /** Uncaptured errors, oldest first. */
  readonly errors: string[];
  /** Destroys the device, which is then not a loss. */
  close(): void;
}

/**
 * Opens a device with everything the adapter offers that we use: half floats, subgroups, and buffers as large
 * as it has them (the logits of GPT-2 are past WebGPU's default of 128 MiB). Watches it for loss and errors.
 */
async function openDevice(adapter: GPUAdapter): Promise<WatchedDevice> {
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]]));
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  const errors: string[] = [];
  device.addEventListener('uncapturederror', (event) => {
    errors.push((event as GPUUncapturedErrorEvent).error.message);
    event.preventDefault();
  });
  let closing = false;
  const lost = device.lost.then(({ reason, message }) =>
    closing ? new Promise<string>(() => {}) : `${reason || 'unknown'}: ${message}`,
  );
  const close = () => {
    closing = true;
    device.destroy();
  };
  return { device, lost, errors, close };
}

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
