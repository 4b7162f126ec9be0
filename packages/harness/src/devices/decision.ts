/**
 * From a configuration and what was found to a decided target and reference. How devices are looked at is the caller's
 * business: in processes of their own (decide.ts), or in workers of a page.
 */
import { type PresetName, policies } from '@nanscope/attention';
import type { Probe } from '@nanscope/backend';
import {
  type AttentionProbeOutcome,
  type Decision,
  type DeviceRequest,
  decideAttention,
  deviceNames,
  resolve,
} from '@nanscope/device';
import type { EvalConfig } from '@nanscope/settings';

/** The part of a configuration that chooses devices and attention. */
export type DeviceConfig = Pick<
  EvalConfig,
  'device' | 'reference' | 'backend' | 'mpsRule' | 'attn' | 'policy'
>;

const CPU = ['tensorflow', 'wasm', 'cpu'];

/** Looks at devices. */
export interface Probing {
  /** Never rejects: a device that fails while it is looked at is one that is not available. */
  readonly backend: (id: string) => Promise<Probe>;
  /** Runs the attention probes on it. */
  readonly attention: (id: string) => Promise<readonly AttentionProbeOutcome[]>;
}

export interface DecidedDevices {
  readonly target: Decision;
  readonly reference?: Decision;
  readonly probes: readonly Probe[];
}

export interface Decided extends DecidedDevices {
  /** What a lane's process needs in its environment to find a driver. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Pure: the backends that have to be looked at for a device name. An unknown name looks at all, for the error to list them. */
export function backendsFor(device: string, thirdParty?: string): readonly string[] {
  if (device === 'cpu') return CPU;
  if (['gpu', 'webgpu', 'metal', 'mps', 'vulkan', 'd3d12'].includes(device)) return ['webgpu'];
  if (device === 'javascript') return ['cpu'];
  if (CPU.includes(device)) return [device];
  if (device === thirdParty) return [device];
  return ['webgpu', ...CPU, ...(thirdParty ? [thirdParty] : [])];
}

/** `auto` means the implementation that the preset stands for, where it stands for one. */
function wantedAttention({ attn, policy }: DeviceConfig): EvalConfig['attn'] {
  return attn === 'auto' ? (policies[policy as PresetName].implementation ?? 'auto') : attn;
}

const requestFor = (config: DeviceConfig, device: string): DeviceRequest => ({
  device,
  attention: wantedAttention(config),
  mpsRule: config.mpsRule,
});

function decideReference(config: DeviceConfig, target: Decision, probes: readonly Probe[]): Decision {
  const others =
    config.reference === undefined ? probes.filter((probe) => probe.id !== target.backend) : probes;
  const chosen = resolve({ ...requestFor(config, config.reference ?? 'cpu'), mpsRule: 'off' }, others);
  const rule = {
    rule: 'same-attention',
    reason: `the reference runs the target's attention, ${target.attention}`,
  };
  return { ...chosen, attention: target.attention, rules: [...chosen.rules, rule] };
}

/** The device of each lane, as asked for. */
const asked = (config: DeviceConfig): string[] =>
  config.reference === 'none' ? [config.device] : [config.device, config.reference ?? 'cpu'];

/** Pure: the backends that have to be looked at for a configuration, and no other. */
export const backendsOf = (config: DeviceConfig, thirdParty?: string): readonly string[] => [
  ...new Set(asked(config).flatMap((device) => backendsFor(device, thirdParty))),
];

/** A name that no device has needs no look at the machine. @throws {UserError} `device/unknown` */
function refuseUnknown(config: DeviceConfig, thirdParty: string | undefined): void {
  const own: Probe[] = thirdParty ? [{ id: thirdParty, available: false, reason: '', remedy: '' }] : [];
  for (const device of asked(config)) {
    if (!Object.hasOwn(deviceNames, device) && device !== thirdParty)
      resolve(requestFor(config, device), own);
  }
}

/**
 * @param thirdParty id of a backend of the user's own
 * @throws {UserError} `device/unknown` (exit 2), `device/not-found` (exit 3)
 */
export async function decideWith(
  config: DeviceConfig,
  probing: Probing,
  say: (what: string) => void,
  thirdParty?: string,
): Promise<DecidedDevices> {
  refuseUnknown(config, thirdParty);
  const ids = backendsOf(config, thirdParty);
  say(`looking for ${ids.join(', ')}`);
  const probes = await Promise.all(ids.map(probing.backend));
  let target = resolve(requestFor(config, config.device), probes);
  if (target.attention === 'undecided') {
    say(`probing attention on ${target.label}`);
    target = decideAttention(target, await probing.attention(target.backend));
  }
  if (config.reference === 'none') return { target, probes };
  return { target, reference: decideReference(config, target, probes), probes };
}
