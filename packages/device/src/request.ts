/** What can be asked for, and what is decided. */
import type { AdapterFacts, BackendId } from '@nanscope/backend';
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
