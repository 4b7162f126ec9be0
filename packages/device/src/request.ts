/** What can be asked for, and what is decided. */
import type { AdapterFacts, BackendId, GraphicsApi, Probe } from '@nanscope/backend';
import { backendName } from '@nanscope/record';
import type { BuiltinDevice } from './table.ts';

/** A built-in device name, or the id of a third-party backend. */
export type DeviceName = BuiltinDevice | (string & {});

/** `auto` leaves the choice to the MPS rule. */
export type AttentionRequest = 'auto' | 'eager' | 'sdpa';

/**
 * `eager`: on Metal take it, whatever the device does. `probe`: try both on the opened device and take what
 * is right there. `off`: take sdpa.
 */
export type MpsRule = 'eager' | 'probe' | 'off';

export interface DeviceRequest {
  readonly device: DeviceName;
  readonly attention: AttentionRequest;
  /** What brought it, where it was not asked for: `the policy jax`. */
  readonly attentionOf?: string;
  readonly mpsRule: MpsRule;
}

/** A rule that took part in the decision, and why. */
export interface FiredRule {
  readonly rule: string;
  readonly reason: string;
}

export interface Decision {
  /** The device name as asked for. */
  readonly requested: DeviceName;
  readonly backend: BackendId;
  /** Set for a GPU backend. */
  readonly adapter?: AdapterFacts;
  /** True when the adapter is a CPU that plays a GPU. */
  readonly software: boolean;
  readonly attention: 'eager' | 'sdpa';
  readonly rules: readonly FiredRule[];
  readonly warnings: readonly string[];
  /** `webgpu · llvmpipe (software, Vulkan)`. */
  readonly label: string;
  /** Set for a lane of PyTorch: the Python that runs it, and the device as PyTorch names it. */
  readonly torch?: { readonly python: string; readonly device: string };
}

// Names for people: of an adapter, of a graphics interface, of what a probe found.

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
