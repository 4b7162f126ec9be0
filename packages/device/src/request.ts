/** What can be asked for: the device names, what each one means, and the rest of a request. */
import type { AdapterFacts, BackendId, GraphicsApi } from '@nanscope/backend';

/** Every device name, with the sentence that help texts and docs print. */
export const deviceNames = {
  auto: 'the best available: a hardware GPU, else native TensorFlow, else wasm, else plain JavaScript',
  cpu: 'the best CPU backend: native TensorFlow, else wasm, else plain JavaScript',
  gpu: 'WebGPU on any adapter, software adapters included',
  webgpu: 'the same as gpu',
  metal: 'WebGPU over Metal (a GPU of a Mac)',
  mps: 'the same as metal, by the name PyTorch gives it',
  vulkan: 'WebGPU over Vulkan',
  d3d12: 'WebGPU over Direct3D 12',
  wasm: 'WebAssembly with SIMD',
  tensorflow: 'native TensorFlow',
  javascript: 'plain JavaScript, slow, the readable reference',
} as const;

export type BuiltinDevice = keyof typeof deviceNames;

/** A built-in device name, or the id of a third-party backend. */
export type DeviceName = BuiltinDevice | (string & {});

/** `auto` leaves the choice to the MPS rule. */
export type AttentionRequest = 'auto' | 'eager' | 'sdpa';

/**
 * `seed`: on Metal take eager, whatever the device does. `probe`: try both on the opened device and take what
 * is right there. `off`: take sdpa.
 */
export type MpsRule = 'seed' | 'probe' | 'off';

export interface DeviceRequest {
  readonly device: DeviceName;
  readonly attention: AttentionRequest;
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
  /** `undecided` until `decideAttention` has seen the probes of the opened device. */
  readonly attention: 'eager' | 'sdpa' | 'undecided';
  readonly rules: readonly FiredRule[];
  readonly warnings: readonly string[];
  /** `webgpu · llvmpipe (software, Vulkan)`. */
  readonly label: string;
}

/** The interfaces that have a device name of their own. */
export const requiredApi: Partial<Record<string, GraphicsApi>> = {
  metal: 'metal',
  mps: 'metal',
  vulkan: 'vulkan',
  d3d12: 'd3d12',
};
