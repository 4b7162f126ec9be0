/** From the configuration to a decided target and reference: probing, resolving, measuring attention. */
import { type PresetName, policies } from '@nanscope/attention';
import { laneEnvironment, loadBackend, type Probe } from '@nanscope/backend';
import { type Decision, type DeviceRequest, decideAttention, resolve } from '@nanscope/device';
import type { EvalConfig } from '../config/eval-config.ts';
import { probeAttention, probeBackend } from '../probe/probe-devices.ts';

/** The part of a configuration that chooses devices and attention. */
export type DeviceConfig = Pick<
  EvalConfig,
  'device' | 'reference' | 'backend' | 'mpsRule' | 'attn' | 'policy'
>;

const CPU = ['tensorflow', 'wasm', 'cpu'];

export interface Decided {
  readonly target: Decision;
  readonly reference?: Decision;
  /** What a lane's process needs in its environment to find a driver. */
  readonly environment: Readonly<Record<string, string>>;
  readonly probes: readonly Probe[];
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

/** @throws {UserError} `device/unknown` (exit 2), `device/not-found` (exit 3) */
export async function decide(config: DeviceConfig, say: (what: string) => void): Promise<Decided> {
  const thirdParty = config.backend ? (await loadBackend(config.backend)).id : undefined;
  const environment = await laneEnvironment();
  const wantsReference = config.reference !== 'none';
  const ids = new Set([
    ...backendsFor(config.device, thirdParty),
    ...(wantsReference ? backendsFor(config.reference ?? 'cpu', thirdParty) : []),
  ]);
  say(`looking for ${[...ids].join(', ')}`);
  const probes = await Promise.all(
    [...ids].map((id) => probeBackend(id, environment, id === thirdParty ? config.backend : undefined)),
  );
  let target = resolve(requestFor(config, config.device), probes);
  if (target.attention === 'undecided') {
    say(`probing attention on ${target.label}`);
    target = decideAttention(target, await probeAttention(target.backend, environment, config.backend));
  }
  if (!wantsReference) return { target, environment, probes };
  return { target, reference: decideReference(config, target, probes), environment, probes };
}
