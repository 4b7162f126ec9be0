/**
 * Device names among settings, checked by the table of devices before anything is looked at or loaded. With a backend of the
 * user's own its id is a name too, which is known once its module is loaded: then the names wait for that.
 */
import { checkDeviceName, checkPlatform, type DeviceRow, namesOf } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import type { EvalConfig } from './configs.ts';
import type { Flag, FlagValues } from './flag.ts';

interface Named {
  readonly row: DeviceRow;
  readonly flag: string;
}

/** `gpu@studio` is the device gpu. */
const withoutLabel = (name: string) => name.trim().split('@', 1)[0]!;

/** A command that has no `--python` starts none. */
const noTorch = (flag: string, name: string) =>
  new UserError(
    'usage/torch',
    `--${flag} ${name}: expected one of ${namesOf('tfjs').join(', ')}, found a device of PyTorch. That runs in nanscope eval, conform and doctor.`,
  );

/** @throws {UserError} `device/unknown`, `usage/torch` for PyTorch in a command that does not run it */
export function checkDevices(flags: readonly Flag[], values: FlagValues): readonly Named[] {
  if (values.backend !== undefined) return [];
  const python = flags.some(({ name }) => name === 'python');
  return flags.flatMap((flag) => {
    const value = values[flag.name];
    if (flag.kind !== 'text' || flag.devices === undefined || value === undefined) return [];
    const names = flag.devices === 'several' ? String(value).split(',').map(withoutLabel) : [String(value)];
    const more = flag.devices === 'one or none' ? ['none'] : [];
    // An empty name is the business of whoever reads the list.
    return names
      .filter((name) => name !== '')
      .flatMap((name) => {
        const row = checkDeviceName(name, `--${flag.name}`, more);
        if (row?.engine === 'torch' && !python) throw noTorch(flag.name, name);
        return row ? [{ row, flag: `--${flag.name}` }] : [];
      });
  });
}

/**
 * The same on the machine that is to run them.
 *
 * @param platform as Node names it
 * @throws {UserError} `device/unknown`, `device/not-found` for a device that no machine of the platform has
 */
export function checkDevicesHere(flags: readonly Flag[], values: FlagValues, platform: string): void {
  for (const { row, flag } of checkDevices(flags, values)) checkPlatform(row, flag, platform);
}

// Whether what is asked for beside the metrics has a file to go into.

/** @throws {UserError} `usage/grads` */
export function checkOutputs({
  grads,
  saveOutputs,
  device,
  reference,
}: Pick<EvalConfig, 'grads' | 'saveOutputs' | 'device' | 'reference'>): void {
  // Beside PyTorch, gradients are compared.
  const torch = [device, reference].some((name) => name?.startsWith('torch'));
  if (!grads || torch || saveOutputs !== undefined) return;
  throw new UserError(
    'usage/grads',
    '--grads: expected --save-outputs FILE, the file that gradients are written to, found none. Add it, choose a torch device, whose gradients are compared, or leave --grads out.',
  );
}
