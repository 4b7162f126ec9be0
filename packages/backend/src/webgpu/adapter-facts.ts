/**
 * What an adapter is, from what the driver says about itself. Pure: device decisions and their tests work
 * on these facts alone.
 */
import type { AdapterFacts, GraphicsApi } from '../backend.ts';

/** The fields of `GPUAdapterInfo` that are read. */
export interface AdapterInfoLike {
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
