/** The devices of an experiment by the names that were asked for: each decided by itself, nothing falls back. */
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { decide } from '../eval/decide.ts';
import type { Decided } from '../eval/decision.ts';

export interface NamedDevice {
  /** As it was asked for; it is what a cell's id says. */
  readonly name: string;
  readonly decision: Decision;
  readonly gpu: boolean;
  readonly environment: Decided['environment'];
}

/** `gpu@studio` is the device gpu, of runs that are called studio: a label tells machines apart when they are merged. */
const kindOf = (name: string) => name.split('@', 1)[0]!;

export interface DeviceHooks {
  readonly onStage: (what: string) => void;
  readonly signal?: AbortSignal;
}

/** `cpu,gpu` as names. @throws UserError `usage/device-list` */
export function deviceNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '') && new Set(names).size === names.length) return names;
  throw new UserError(
    'usage/device-list',
    `--device: expected device names, each once, joined by commas such as cpu,gpu, found "${text}".`,
  );
}

/**
 * @returns undefined when it was interrupted
 * @throws UserError `device/unknown` (exit 2), `device/not-found` (exit 3) for the first that is not there
 */
export async function decideDevices(
  names: readonly string[],
  backend: string | undefined,
  { onStage, signal }: DeviceHooks,
): Promise<NamedDevice[] | undefined> {
  const devices: NamedDevice[] = [];
  for (const name of names) {
    const decided = await decide(
      // Every cell says which attention it runs: the resolver has nothing to choose.
      {
        ...{ device: kindOf(name), reference: 'none', mpsRule: 'off', attn: 'sdpa', policy: 'safe' },
        ...(backend !== undefined && { backend }),
      },
      onStage,
    ).catch((error: unknown) => {
      // Ctrl-C on a terminal ends the probing processes too, which then look like devices that are not there.
      if (signal?.aborted) return undefined;
      throw error;
    });
    if (!decided || signal?.aborted) return undefined;
    const { target, environment, probes } = decided;
    const probe = probes.find(({ id }) => id === target.backend);
    const gpu = probe?.available === true && probe.facts.capabilities.gpu;
    devices.push({ name, decision: target, gpu, environment });
  }
  return devices;
}
