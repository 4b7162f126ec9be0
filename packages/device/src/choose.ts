/** Which backend serves a device name, given what the probes found. Pure; the attention rule is elsewhere. */

import type { BackendFacts, BackendId, GraphicsApi, Probe } from '@nanscope/backend';
import { nearest, reinstall, UserError } from '@nanscope/errors';
import { backendName } from '@nanscope/record';
import { apiNames, type DeviceName, describeAdapter, describeProbe, type FiredRule } from './request.ts';
import { cpuBackends, type DeviceRow, deviceNames, deviceRow } from './table.ts';

// Refuses a device name that nobody has, or that this machine cannot have, before anything is looked at. Pure.

/** What people type who come from elsewhere, and what to type here. */
const hints: Readonly<Record<string, string>> = {
  cuda: 'Use gpu, WebGPU on this GPU, or torch:cuda, PyTorch on it',
  rocm: 'Use gpu, WebGPU on this GPU, or torch:cuda, PyTorch on it',
  pytorch: 'Use torch, or torch:cpu, torch:mps, torch:cuda',
  directx: 'Use d3d12',
  dx12: 'Use d3d12',
  opengl: 'Use gpu: WebGPU runs over Metal, Vulkan and Direct3D 12',
  tf: 'Use tensorflow',
  node: 'Use tensorflow',
  js: 'Use javascript',
  wasm32: 'Use wasm',
  none: 'A reference may be none, a device may not',
};

function hint(name: string, names: readonly string[]): string {
  const lower = name.toLowerCase();
  if (names.includes(lower)) return ` Names are in lower case: ${lower}.`;
  const known = Object.hasOwn(hints, lower.split(':')[0]!) ? hints[lower.split(':')[0]!] : undefined;
  if (known) return ` ${known}.`;
  const near = nearest(name, names);
  return near ? ` Did you mean ${near}?` : '';
}

/**
 * @param flag as typed, for the message: `--device`
 * @param more names beside those of the table: the id of a third-party backend, `none` for a reference
 * @returns the row; undefined for one of `more`
 * @throws {UserError} `device/unknown` (exit 2)
 */
export function checkDeviceName(
  name: string,
  flag: string,
  more: readonly string[] = [],
): DeviceRow | undefined {
  const row = deviceRow(name);
  if (row || more.includes(name)) return row;
  const names = [...deviceNames, ...more];
  throw new UserError(
    'device/unknown',
    `${flag} ${name} is not a device.${hint(name, names)} Expected one of ${names.join(', ')}.`,
  );
}

/** Platforms, as Node names them, that a graphics interface belongs to. */
const homes: Partial<Record<GraphicsApi, { readonly platform: string; readonly system: string }>> = {
  metal: { platform: 'darwin', system: 'a Mac' },
  d3d12: { platform: 'win32', system: 'Windows' },
};

/**
 * @param platform as Node names it: `linux`
 * @throws {UserError} `device/not-found` (exit 3) for a device that no machine of the platform has
 */
export function checkPlatform({ name, api, engine }: DeviceRow, flag: string, platform: string): void {
  const home = api && homes[api];
  if (!home || home.platform === platform) return;
  const [wanted, instead] =
    engine === 'torch'
      ? ['PyTorch', `take ${flag} torch:cpu`]
      : ['WebGPU', `use the adapter that is here with ${flag} gpu`];
  throw new UserError(
    'device/not-found',
    `${flag} ${name} looks for ${wanted} over ${apiNames[api]}, and it is not on this machine, for only ${home.system} has it. Found: ${platform}. Run this on ${home.system}, or ${instead}.${name === 'mps' ? ` PyTorch's own mps is torch:mps.` : ''}`,
  );
}

export interface Choice {
  readonly facts: BackendFacts;
  readonly rules: readonly FiredRule[];
}

function factsOf(id: BackendId, probes: readonly Probe[]): BackendFacts | undefined {
  const probe = probes.find((candidate) => candidate.id === id);
  return probe?.available ? probe.facts : undefined;
}

function notFound(device: DeviceName, wanted: string, probes: readonly Probe[], remedy: string): UserError {
  const found = probes.length > 0 ? probes.map(describeProbe).join('; ') : 'nothing (no backend was probed)';
  return new UserError(
    'device/not-found',
    `--device ${device} looks for ${wanted}, and it is not on this machine. Found: ${found}. ${remedy}`,
  );
}

function bestCpu(device: DeviceName, probes: readonly Probe[]): Choice {
  for (const id of cpuBackends) {
    const facts = factsOf(id, probes);
    if (!facts) continue;
    const passedOver = cpuBackends
      .slice(0, cpuBackends.indexOf(id))
      .map((missing) => describeProbe(probes.find((probe) => probe.id === missing) ?? notProbed(missing)));
    const because = passedOver.length > 0 ? `: ${passedOver.join('; ')}` : '';
    return {
      facts,
      rules: [{ rule: 'best-cpu', reason: `${backendName(id)} is the fastest CPU backend here${because}` }],
    };
  }
  throw notFound(device, 'a CPU backend', probes, `Install the dependencies again: ${reinstall}.`);
}

const notProbed = (id: BackendId): Probe => ({
  id,
  available: false,
  reason: 'it was not probed',
  remedy: '',
});

function auto(probes: readonly Probe[]): Choice {
  const gpu = factsOf('webgpu', probes);
  if (gpu?.adapter && !gpu.adapter.software) {
    return {
      facts: gpu,
      rules: [{ rule: 'auto', reason: `${describeAdapter(gpu.adapter)} is a hardware GPU` }],
    };
  }
  const why = gpu?.adapter
    ? `${describeAdapter(gpu.adapter)} is emulated on the CPU, slower than the CPU itself (ask for it with --device gpu)`
    : describeProbe(probes.find((probe) => probe.id === 'webgpu') ?? notProbed('webgpu'));
  const { facts, rules } = bestCpu('auto', probes);
  return { facts, rules: [{ rule: 'auto', reason: why }, ...rules] };
}

/** What to do instead: an adapter of another kind is an offer, an absent backend brings its own remedy. */
function remedyFor(id: BackendId, api: GraphicsApi | undefined, probes: readonly Probe[]): string {
  const probe = probes.find((candidate) => candidate.id === id);
  const here = probe?.available ? 'use the adapter that is here with --device gpu' : 'take --device cpu';
  if (api === 'metal') return `Run this on a Mac with access to its GPU, or ${here}.`;
  if (probe?.available) return `Install a driver for it, or ${here}.`;
  return probe?.remedy || 'Use another device: --device auto.';
}

function explicit(
  device: DeviceName,
  id: BackendId,
  api: GraphicsApi | undefined,
  probes: readonly Probe[],
): Choice {
  const facts = factsOf(id, probes);
  if (!facts || (api && facts.adapter?.api !== api)) {
    const wanted = api
      ? `WebGPU over ${apiNames[api]}`
      : id === 'webgpu'
        ? 'a WebGPU adapter'
        : `the ${backendName(id)} backend`;
    throw notFound(device, wanted, probes, remedyFor(id, api, probes));
  }
  return { facts, rules: [{ rule: 'explicit', reason: `--device ${device} names it` }] };
}

/**
 * @throws UserError `device/unknown` (exit 2) for a name nobody has, `device/not-found` (exit 3) when what was
 * asked for is not there: an explicit device never falls back.
 */
export function choose(device: DeviceName, probes: readonly Probe[]): Choice {
  if (device === 'auto') return auto(probes);
  if (device === 'cpu') return bestCpu('cpu', probes);
  const row = checkDeviceName(
    device,
    '--device',
    probes.map(({ id }) => id),
  );
  return explicit(device, row?.backends[0] ?? device, row?.api, probes);
}
