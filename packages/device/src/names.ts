/** Refuses a device name that nobody has, or that this machine cannot have, before anything is looked at. Pure. */
import type { GraphicsApi } from '@nanscope/backend';
import { nearest, UserError } from '@nanscope/errors';
import { apiNames } from './describe.ts';
import { type DeviceRow, deviceNames, deviceRow } from './table.ts';

/** What people type who come from elsewhere, and what to type here. */
const hints: Readonly<Record<string, string>> = {
  cuda: 'Take gpu, WebGPU on this GPU, or torch:cuda, PyTorch on it',
  rocm: 'Take gpu, WebGPU on this GPU, or torch:cuda, PyTorch on it',
  pytorch: 'Take torch, or torch:cpu, torch:mps, torch:cuda',
  directx: 'Take d3d12',
  dx12: 'Take d3d12',
  opengl: 'Take gpu: WebGPU runs over Metal, Vulkan and Direct3D 12',
  tf: 'Take tensorflow',
  node: 'Take tensorflow',
  js: 'Take javascript',
  wasm32: 'Take wasm',
  none: 'A reference may be none, a device may not',
};

function hint(name: string, names: readonly string[]): string {
  const lower = name.toLowerCase();
  if (names.includes(lower)) return ` Names are written small: "${lower}".`;
  const known = Object.hasOwn(hints, lower.split(':')[0]!) ? hints[lower.split(':')[0]!] : undefined;
  if (known) return ` ${known}.`;
  const near = nearest(name, names);
  return near ? ` Did you mean "${near}"?` : '';
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
      : ['WebGPU', `take the adapter that is here with ${flag} gpu`];
  throw new UserError(
    'device/not-found',
    `${flag} ${name} looks for ${wanted} over ${apiNames[api]}, and it is not on this machine, for only ${home.system} has it. Found: ${platform}. Run this on ${home.system}, or ${instead}.${name === 'mps' ? ` PyTorch's own mps is torch:mps.` : ''}`,
  );
}
