/** What this browser offers, as text to paste into a report: versions, adapter with its features and limits, backends, probes. */
import type { Probe } from '@nanscope/backend';
import { decideWith } from '@nanscope/harness';
import { browserName, environmentOf } from '../worker/environment.ts';
import { probing } from './devices.ts';

/** Those that the packages ask for, see the backend's open-device.ts, and what bounds a model. */
const limits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

async function limitLines(): Promise<string[]> {
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  return adapter ? limits.map((name) => `    ${name} ${adapter.limits[name]}`) : [];
}

function probeLines(probe: Probe): string[] {
  if (!probe.available) return [`  ${probe.id}: not available: ${probe.reason}`];
  const { adapter, capabilities, version } = probe.facts;
  const lines = [`  ${probe.id}: ${version}`];
  if (adapter) {
    const named = [adapter.vendor, adapter.architecture, adapter.device, adapter.description].filter(Boolean);
    lines.push(
      `    adapter: ${named.join(' / ') || 'not told'} over ${adapter.api}${adapter.software ? ' (software)' : ''}`,
      `    features: ${adapter.features.join(' ') || 'none'}`,
      `    strict numerics: ${capabilities.strictNumerics ? 'yes' : 'no, the shading language may assume NaN and infinities away'}`,
    );
  }
  return lines;
}

export async function survey(say: (what: string) => void, signal: AbortSignal): Promise<string> {
  const look = probing(signal);
  const { os, cores } = environmentOf('');
  const lines = [
    `nanscope ${NANSCOPE_VERSION}, page, ${browserName()} on ${os}, ${cores} cores`,
    `user agent: ${navigator.userAgent}`,
    `cross-origin isolated: ${crossOriginIsolated ? 'yes' : 'no'}; secure context: ${isSecureContext ? 'yes' : 'no'}; WebGPU: ${'gpu' in navigator ? 'offered' : 'not offered by this browser'}`,
    '',
    'backends',
  ];
  for (const id of ['webgpu', 'wasm', 'cpu']) {
    say(`looking at ${id}`);
    const probe = await look.backend(id);
    lines.push(...probeLines(probe));
    if (!probe.available) continue;
    if (id === 'webgpu') lines.push('    limits:', ...(await limitLines()).map((line) => `  ${line}`));
    say(`probing attention on ${id}`);
    for (const { implementation, probe: name, passed, detail } of await look.attention(id))
      lines.push(`    ${passed ? 'pass' : 'FAIL'}  ${implementation} ${name}${passed ? '' : `: ${detail}`}`);
  }
  const config = { device: 'auto', mpsRule: 'off', attn: 'auto', policy: 'safe' } as const;
  const decided = await decideWith(config, look, say);
  lines.push(
    '',
    `auto means ${decided.target.label}, compared with ${decided.reference?.label ?? 'nothing'}`,
  );
  return `${lines.join('\n')}\n`;
}
