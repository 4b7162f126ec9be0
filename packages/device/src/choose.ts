/** Which backend serves a device name, given what the probes found. Pure; the attention rule is elsewhere. */
import type { BackendFacts, BackendId, GraphicsApi, Probe } from '@nanscope/backend';
import { reinstall, UserError } from '@nanscope/errors';
import { apiNames, describeAdapter, describeProbe } from './describe.ts';
import { checkDeviceName } from './names.ts';
import type { DeviceName, FiredRule } from './request.ts';
import { cpuBackends } from './table.ts';

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
      rules: [{ rule: 'best-cpu', reason: `${id} is the fastest CPU backend here${because}` }],
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
    ? `${describeAdapter(gpu.adapter)} is a CPU that plays a GPU, slower than the CPU itself (ask for it with --device gpu)`
    : describeProbe(probes.find((probe) => probe.id === 'webgpu') ?? notProbed('webgpu'));
  const { facts, rules } = bestCpu('auto', probes);
  return { facts, rules: [{ rule: 'auto', reason: why }, ...rules] };
}

/** What to do instead: an adapter of another kind is an offer, an absent backend brings its own remedy. */
function remedyFor(id: BackendId, api: GraphicsApi | undefined, probes: readonly Probe[]): string {
  const probe = probes.find((candidate) => candidate.id === id);
  const here = probe?.available ? 'take the adapter that is here with --device gpu' : 'take --device cpu';
  if (api === 'metal') return `Run this on a Mac with access to its GPU, or ${here}.`;
  if (probe?.available) return `Install a driver for it, or ${here}.`;
  return probe?.remedy || 'Take another device: --device auto.';
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
        : `the ${id} backend`;
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
