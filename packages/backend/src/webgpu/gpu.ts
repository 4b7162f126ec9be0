/**
 * Finds the `GPU` object: the browser's own, or Dawn's through the npm package `webgpu`. Dawn lives as long as
 * something refers to what `create` returned, and keeps the process alive that long; `close` lets go.
 */
import type { GraphicsApi } from '../backend.ts';
import { inNode } from '../runtime.ts';
import { apiOf } from './adapter-facts.ts';

export interface Gpu {
  readonly gpu: GPU;
  readonly api: GraphicsApi;
  /** What provides it: `webgpu 0.6.2 (Dawn)`, or the browser. */
  readonly provider: string;
  /** Makes it `navigator.gpu`, where TensorFlow.js looks for it. */
  publish(): void;
  close(): void;
}

/** @throws when there is no WebGPU: no Dawn binary for this platform, a browser without `navigator.gpu`. */
export async function findGpu(): Promise<Gpu> {
  return inNode ? dawn() : browser();
}

function browser(): Gpu {
  if (!globalThis.navigator?.gpu) throw new Error('this browser has no navigator.gpu');
  const platform = /mac|iphone|ipad/i.test(navigator.platform)
    ? 'darwin'
    : /win/i.test(navigator.platform)
      ? 'win32'
      : 'linux';
  return {
    gpu: navigator.gpu,
    api: apiOf(platform),
    provider: navigator.userAgent,
    publish: () => {},
    close: () => {},
  };
}

async function dawn(): Promise<Gpu> {
  // Neither is named in an import, so that a page's bundle holds nothing of Node. Found from this module, wherever it is
  // bundled to: a name alone would be looked for beside the bundle.
  const { createRequire } = process.getBuiltinModule('node:module');
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const found = pathToFileURL(createRequire(import.meta.url).resolve('webgpu')).href;
  const { create, globals } = (await import(/* @vite-ignore */ found)) as typeof import('webgpu');
  const api = apiOf(process.platform);
  Object.assign(globalThis, globals);
  const gpu = create(api === 'unknown' ? [] : [`backend=${api}`]) as unknown as GPU;
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  return {
    gpu,
    api,
    provider: `webgpu ${version} (Dawn)`,
    publish: () => publish(gpu),
    close: () => withdraw(gpu),
  };
}

/** Node has a `navigator` of its own from version 21 on. */
function publish(gpu: GPU): void {
  if (!globalThis.navigator) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
}

function withdraw(gpu: GPU): void {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu === gpu) Reflect.deleteProperty(navigator, 'gpu');
}
