/**
 * Finds an adapter, through the browser's own `GPU` object or Dawn's of the npm package `webgpu`.
 */
import type { AdapterFacts, GraphicsApi } from '../backend.ts';
import { inNode } from '../runtime.ts';
import { waitPatiently } from './patience.ts';

// What an adapter is, from what the driver says about itself. Pure: device decisions and their tests work
// on these facts alone.

/** The fields of `GPUAdapterInfo` that are read. */
interface AdapterInfoLike {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

/** Names of CPU rasterizers: Mesa's llvmpipe (lavapipe), Google's SwiftShader, Microsoft's WARP. */
const softwareNames = /llvmpipe|lavapipe|swiftshader|\bwarp\b|microsoft basic render|\bsoftware\b/i;

/** True when a CPU plays the GPU: the browser's own word for it, or a known name. */
export function isSoftware(info: AdapterInfoLike): boolean {
  return (
    info.isFallbackAdapter === true ||
    softwareNames.test(`${info.architecture} ${info.device.replaceAll('-', ' ')} ${info.description}`)
  );
}

/**
 * The interface below WebGPU in Node, where we ask Dawn for exactly one. A browser does not tell; the
 * platform decides there too, except that Windows may run on D3D11.
 */
export function apiOf(platform: string): GraphicsApi {
  if (platform === 'darwin') return 'metal';
  if (platform === 'win32') return 'd3d12';
  if (platform === 'linux' || platform === 'android') return 'vulkan';
  return 'unknown';
}

export function adapterFacts(
  info: AdapterInfoLike,
  features: Iterable<string>,
  api: GraphicsApi,
): AdapterFacts {
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
    api,
    software: isSoftware(info),
    features: [...features].sort(),
  };
}

export interface Gpu {
  /** Absent where none is found. */
  readonly adapter: GPUAdapter | null;
  readonly api: GraphicsApi;
  /** What provides it: `webgpu 0.6.2 (Dawn)`, or the browser. */
  readonly provider: string;
  /** Makes it `navigator.gpu`, where TensorFlow.js looks for it. */
  publish(): void;
  /** Takes that back. */
  close(): void;
}

/** @throws when there is no WebGPU: no Dawn binary for this platform, a browser without `navigator.gpu`. */
export async function findGpu(): Promise<Gpu> {
  return inNode ? dawn() : browser();
}

/** Some platforms offer their software adapter only when it is asked for. */
async function bestAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  const request = (options: GPURequestAdapterOptions) => gpu.requestAdapter(options).catch(() => null);
  return (
    (await request({ powerPreference: 'high-performance' })) ??
    (await request({ forceFallbackAdapter: true }))
  );
}

async function browser(): Promise<Gpu> {
  if (!globalThis.navigator?.gpu) throw new Error('this browser has no navigator.gpu');
  const platform = /mac|iphone|ipad/i.test(navigator.platform)
    ? 'darwin'
    : /win/i.test(navigator.platform)
      ? 'win32'
      : 'linux';
  return {
    adapter: await bestAdapter(navigator.gpu),
    api: apiOf(platform),
    provider: navigator.userAgent,
    publish: () => {},
    close: () => {},
  };
}

/**
 * The workgroup memory of a shader begins as zeros. Left to SwiftShader, that is an instruction for each number, and a matrix product
 * takes seconds to compile; Dawn writes a loop.
 */
export const zerosByDawn = 'disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension';

/**
 * Dawn's instance, kept until it finds no adapter. The event loop asks it for answers and does not hold it: collected meanwhile, it
 * crashes the process. What an environment says of drivers is read once, as it is made.
 */
let instance: Promise<GPU> | undefined;

/** Sessions for which Dawn's object is `navigator.gpu`. */
const publishers = new Set<object>();

type Create = (settings: string[]) => GPU;

async function instanceOf(create: Create, api: GraphicsApi): Promise<GPU> {
  const settings = api === 'unknown' ? [] : [`backend=${api}`];
  const gpu = create(settings);
  const adapter = await bestAdapter(gpu);
  return adapter?.info.architecture === 'swiftshader' ? create([...settings, zerosByDawn]) : gpu;
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
  waitPatiently();
  instance ??= instanceOf(create as unknown as Create, api);
  const asked = instance;
  const forget = () => {
    if (instance === asked) instance = undefined;
  };
  const gpu = await asked.catch((cause: unknown) => {
    forget();
    throw cause;
  });
  const adapter = await bestAdapter(gpu);
  if (!adapter) forget();
  const publisher = {};
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string };
  return {
    adapter,
    api,
    provider: `webgpu ${version} (Dawn)`,
    publish: () => publish(gpu, publisher),
    close: () => withdraw(gpu, publisher),
  };
}

/** Node has a `navigator` of its own from version 21 on. */
function publish(gpu: GPU, publisher: object): void {
  publishers.add(publisher);
  if (!globalThis.navigator) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
}

/** The last one takes it away. */
function withdraw(gpu: GPU, publisher: object): void {
  if (!publishers.delete(publisher) || publishers.size > 0) return;
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
  if (navigator?.gpu === gpu) Reflect.deleteProperty(navigator, 'gpu');
}
