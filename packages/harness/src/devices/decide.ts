/** Decides the devices of a run on this machine: every backend is looked at in a process of its own. */
import { laneEnvironment, loadBackend } from '@nanscope/backend';
import { type Decided, type DeviceConfig, decideWith } from './decision.ts';
import { probeAttention, probeBackend } from './probe.ts';

/** @throws {UserError} `device/unknown` (exit 2), `device/not-found` (exit 3) */
export async function decide(config: DeviceConfig, say: (what: string) => void): Promise<Decided> {
  const thirdParty = config.backend ? (await loadBackend(config.backend)).id : undefined;
  const environment = await laneEnvironment();
  const decided = await decideWith(
    config,
    {
      backend: (id) => probeBackend(id, environment, id === thirdParty ? config.backend : undefined),
      attention: (id) => probeAttention(id, environment, config.backend),
    },
    say,
    thirdParty,
  );
  return { ...decided, environment };
}
