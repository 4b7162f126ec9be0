/**
 * From a configuration and what was found to a decided target and reference. How devices are looked at is the caller's
 * business: in processes of their own (decide.ts), or in workers of a page.
 */
import {
  type LikeDecision,
  type PresetName,
  policies,
  policyLike,
  presentPolicyName,
} from '@nanscope/attention';
import type { Probe } from '@nanscope/backend';
import {
  type AttentionProbeOutcome,
  attentionToProbe,
  checkDeviceName,
  type Decision,
  type DeviceRequest,
  deviceRow,
  type FoundTorch,
  resolve,
  resolveTorch,
} from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import type { LaneTaskBase } from '@nanscope/lane';
import { backendName, type TorchProbe } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';

// The policy that does what a PyTorch does, for the lane of ours beside it, so that the two compute the same. Pure.

/** `2.15.0+cpu` is 2.15.0 to every table of versions. */
const plain = (version: string | null) => (version ?? '').split('+')[0];

/**
 * @param maskForm how the mask is handed to the model: a `4d` one reaches PyTorch as it is, with nothing of transformers in between
 */
export function policyOfTorch(
  { attention, torch: lane }: Pick<Decision, 'attention' | 'torch'>,
  { torch, transformers }: Pick<TorchProbe, 'torch' | 'transformers'>,
  maskForm: '2d' | '4d',
): LikeDecision {
  const device = lane?.device.split(':')[0];
  const own = `torch=${plain(torch)},device=${device}`;
  return attention === 'sdpa' && maskForm === '4d'
    ? policyLike(own)
    : policyLike(`${own},attn=${attention},transformers=${plain(transformers)}`);
}

/** The part of a configuration that chooses devices and attention. */
export type DeviceConfig = Pick<
  EvalConfig,
  'device' | 'reference' | 'backend' | 'mpsRule' | 'attn' | 'policy' | 'maskForm'
>;

/** Looks at devices. */
export interface Probing {
  /** Never rejects: a device that fails while it is looked at is one that is not available. */
  readonly backend: (id: string) => Promise<Probe>;
  /** Runs the attention probes on it. */
  readonly attention: (id: string) => Promise<readonly AttentionProbeOutcome[]>;
  /** Asks the Python of a lane; absent where none can be started. @param asked as typed: `--device torch:cpu` */
  readonly torch?: (role: LaneTaskBase['role'], asked: string) => Promise<FoundTorch>;
}

export interface DecidedDevices {
  readonly target: Decision;
  /** What `--policy auto` came to; absent for any other. */
  readonly policy?: Pick<EvalConfig, 'policy' | 'rowGuard'>;
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
  return attn === 'auto' && policy !== 'auto'
    ? (policies[presentPolicyName(policy) as PresetName].implementation ?? 'auto')
    : attn;
}

const requestFor = (config: DeviceConfig, device: string): DeviceRequest => ({
  device,
  attention: wantedAttention(config),
  ...(config.attn === 'auto' && { attentionOf: `the policy ${presentPolicyName(config.policy)}` }),
  mpsRule: config.mpsRule,
});

/** The reference runs the target's attention, by whatever engine. */
function decideReference(
  config: DeviceConfig,
  target: Decision,
  probes: readonly Probe[],
  torch: FoundTorch | undefined,
): Decision {
  const device = config.reference ?? 'cpu';
  // Unless it is asked for, the reference is another backend than the target's.
  const isTarget = { available: false, reason: 'it is the target', remedy: '' } as const;
  const others =
    config.reference === undefined
      ? probes.map((probe) => (probe.id === target.backend ? { id: probe.id, ...isTarget } : probe))
      : probes;
  const chosen = torch
    ? resolveTorch({ device, attention: target.attention }, '--reference', torch)
    : resolve({ ...requestFor(config, device), mpsRule: 'off' }, others);
  const rule = {
    rule: 'same-attention',
    reason: `the reference runs the target's attention, ${target.attention}`,
  };
  return { ...chosen, attention: target.attention, rules: [...chosen.rules, rule] };
}

const isTorch = (device: string) => deviceRow(device)?.engine === 'torch';

/** The device of each lane, as asked for. */
const asked = (config: DeviceConfig): string[] =>
  config.reference === 'none' ? [config.device] : [config.device, config.reference ?? 'cpu'];

/** Pure: the backends that have to be looked at for a configuration, and no other. A Python is no backend of ours. */
export const backendsOf = (config: DeviceConfig): readonly string[] => [
  ...new Set(asked(config).flatMap((device) => (isTorch(device) ? [] : backendsFor(device)))),
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
  if (ids.length > 0) say(`looking for ${ids.map(backendName).join(', ')}`);
  const [probes, own, other] = await Promise.all([
    Promise.all(ids.map(probing.backend)),
    askTorch('target', config.device, probing, say),
    askTorch('reference', config.reference, probing, say),
  ]);
  const request = requestFor(config, config.device);
  const target = own
    ? resolveTorch(request, '--device', own)
    : await decideTarget(request, probes, probing, say);
  const wanted = config.reference !== 'none';
  const reference = wanted ? decideReference(config, target, probes, other) : undefined;
  return withPolicy(config, { target, ...(reference && { reference }), probes }, { own, other });
}

/** Undefined for a device that is not PyTorch's. */
async function askTorch(
  role: LaneTaskBase['role'],
  device: string | undefined,
  { torch }: Probing,
  say: (what: string) => void,
): Promise<FoundTorch | undefined> {
  if (device === undefined || !isTorch(device)) return undefined;
  const asked = `--${role === 'target' ? 'device' : 'reference'} ${device}`;
  if (!torch)
    throw new UserError(
      'usage/torch',
      `${asked}: expected a device that runs here, found one of PyTorch, which runs on the command line alone.`,
    );
  say(`asking the Python of ${device}`);
  return torch(role, asked);
}

async function decideTarget(
  request: DeviceRequest,
  probes: readonly Probe[],
  probing: Probing,
  say: (what: string) => void,
): Promise<Decision> {
  const open = attentionToProbe(request, probes);
  if (open) say(`probing attention on ${backendName(open.label)}`);
  return resolve(request, probes, open && (await probing.attention(open.backend)));
}

/**
 * The policy of the lane beside a PyTorch: under `auto` the preset of the versions found, with the reason among its rules. Where
 * both lanes are PyTorch's there is nothing that a policy could be for.
 */
function withPolicy(
  { policy, maskForm = '2d' }: DeviceConfig,
  decided: DecidedDevices,
  { own, other }: { readonly own: FoundTorch | undefined; readonly other: FoundTorch | undefined },
): DecidedDevices {
  const { target, reference } = decided;
  const torch = own ? target : other ? reference : undefined;
  const found = own ?? other;
  const beside = own ? reference : target;
  if (!torch || !found || !beside || (own && other)) {
    if (found && policy !== 'auto')
      return { ...decided, target: { ...target, warnings: [...target.warnings, unusedPolicy(policy)] } };
    return policy === 'auto' ? { ...decided, policy: { policy: 'safe' } } : decided;
  }
  if (policy !== 'auto') return decided;
  const { policy: name, rowGuard, because } = policyOfTorch(torch, found.probe, maskForm);
  const rule = { rule: 'policy-of-torch', reason: because };
  const ruled = { ...beside, rules: [...beside.rules, rule] };
  const settled = { policy: name, ...(rowGuard && { rowGuard }) };
  return { ...decided, ...(own ? { reference: ruled } : { target: ruled }), policy: settled };
}

const unusedPolicy = (policy: string) =>
  `--policy ${policy} is not used: PyTorch has its own, and no device of nanscope runs beside it.`;
