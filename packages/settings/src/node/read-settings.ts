/** The settings of a command on this machine: its flags over its config file over the defaults, with devices that it can have. */
import { checkDevicesHere } from '../check-devices.ts';
import type { Flag, FlagValues } from '../flag.ts';
import { resolveFlags } from '../resolve-flags.ts';
import { readConfigFile } from './config-file.ts';

/**
 * @param given raw values by flag name
 * @param path of the config file
 * @throws {UserError} for a file that cannot be read, a value that does not fit, a device that this platform has not
 */
export async function readSettings(
  flags: readonly Flag[],
  given: Readonly<Record<string, unknown>>,
  path: string | undefined,
): Promise<FlagValues> {
  const file = path === undefined ? undefined : { path, values: await readConfigFile(path, flags) };
  const values = resolveFlags(flags, given, file);
  checkDevicesHere(flags, values, process.platform);
  return values;
}
