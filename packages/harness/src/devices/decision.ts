/**
 * From a configuration and what was found to a decided target and reference. How devices are looked at is the caller's
 * business: in processes of their own (decide.ts), or in workers of a page.
 */
import { type PresetName, policies } from '@nanscope/attention';
import type { Probe } from '@nanscope/backend';
import {
  type AttentionProbeOutcome,
  attentionToProbe,
  checkDeviceName,
  type Decision,
  type DeviceRequest,
  deviceRow,
  resolve,
} from '@nanscope/device';
import type { EvalConfig } from '@nanscope/settings';

/** The part of a configuration that chooses devices and attention. */
export type DeviceConfig = Pick<
  EvalConfig,
  'device' | 'reference' | 'backend' | 'mpsRule' | 'attn' | 'policy'
>;

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

/** Pure: the backends that have to be looked at for a device name of the table, or for the id of a third-party backend. */
export const backendsFor = (device: string): readonly string[] => deviceRow(device)?.backends ?? [device];

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
export const backendsOf = (config: DeviceConfig): readonly string[] => [
  ...new Set(asked(config).flatMap(backendsFor)),
];

/** A name that no device has needs no look at the machine. @throws {UserError} `device/unknown` */
function refuseUnknown({ device, reference }: DeviceConfig, thirdParty: string | undefined): void {
  const more = thirdParty === undefined ? [] : [thirdParty];
  checkDeviceName(device, '--device', more);
  if (reference !== undefined) checkDeviceName(reference, '--reference', [...more, 'none']);
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
  const ids = backendsOf(config);
  say(`looking for ${ids.join(', ')}`);
  const probes = await Promise.all(ids.map(probing.backend));
  const request = requestFor(config, config.device);
  const open = attentionToProbe(request, probes);
  if (open) say(`probing attention on ${open.label}`);
  const target = resolve(request, probes, open && (await probing.attention(open.backend)));
  if (config.reference === 'none') return { target, probes };
  return { target, reference: decideReference(config, target, probes), probes };
}
