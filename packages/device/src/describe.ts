/** Names for people: of an adapter, of a graphics interface, of what a probe found. */
import type { AdapterFacts, GraphicsApi, Probe } from '@nanscope/backend';
import { backendName } from '@nanscope/record';

export const apiNames: Record<GraphicsApi, string> = {
  metal: 'Metal',
  vulkan: 'Vulkan',
  d3d12: 'Direct3D 12',
  d3d11: 'Direct3D 11',
  opengl: 'OpenGL',
  unknown: 'unknown interface',
};

const softwareNames: readonly [RegExp, string][] = [
  [/llvmpipe|lavapipe/i, 'llvmpipe'],
  [/swiftshader/i, 'SwiftShader'],
  [/warp|microsoft basic render/i, 'WARP'],
];

/** The short name of an adapter. Browsers leave the device empty; vendor and architecture stand in for it. */
export function adapterName(adapter: AdapterFacts): string {
  const all = `${adapter.architecture} ${adapter.device.replaceAll('-', ' ')} ${adapter.description}`;
  if (adapter.software) {
    const known = softwareNames.find(([pattern]) => pattern.test(all));
    if (known) return known[1];
  }
  const device = adapter.device.replace(/-+/g, ' ').trim();
  return device || `${adapter.vendor} ${adapter.architecture}`.trim() || 'unnamed adapter';
}

/** `llvmpipe (software, Vulkan)`, `apple m1 pro (Metal)`. */
export function describeAdapter(adapter: AdapterFacts): string {
  const software = adapter.software ? 'software, ' : '';
  return `${adapterName(adapter)} (${software}${apiNames[adapter.api]})`;
}

/** `webgpu · llvmpipe (software, Vulkan)`; a backend without an adapter is its id alone. */
export function label(facts: Extract<Probe, { available: true }>['facts']): string {
  return facts.adapter ? `${facts.id} · ${describeAdapter(facts.adapter)}` : facts.id;
}

/** One probe in a list of what was found. */
export function describeProbe(probe: Probe): string {
  return probe.available ? backendName(label(probe.facts)) : `no ${backendName(probe.id)} (${probe.reason})`;
}
