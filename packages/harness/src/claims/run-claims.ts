/** `nanscope claims`: on this machine's devices. */
import { machineLaboratory } from '../experiments/devices.ts';
import type { ExperimentHooks } from '../experiments/named-devices.ts';
import { type ClaimsConfig, type ClaimsOutcome, decideClaims } from './decide-claims.ts';

/**
 * @param command The command line as typed, for the result.
 * @throws {UserError} for what is wrong in the configuration
 */
export const runClaims = (
  config: ClaimsConfig,
  command: string,
  hooks: ExperimentHooks,
): Promise<ClaimsOutcome> => decideClaims(config, command, machineLaboratory(config), hooks);
