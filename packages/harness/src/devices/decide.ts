/** Decides the devices of a run on this machine: every backend is looked at in a process of its own. */
import { laneEnvironment } from '@nanscope/backend';
import { thirdPartyBackend } from '@nanscope/lane';
import { type Decided, type DeviceConfig, decideWith } from './decision.ts';
import { probeAttention, probeBackend } from './probe.ts';

/** @throws {UserError} `device/unknown` (exit 2), `device/not-found` (exit 3) */
export async function decide(config: DeviceConfig, say: (what: string) => void): Promise<Decided> {
  const thirdParty = config.backend ? (await thirdPartyBackend(config.backend)).id : undefined;
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
  const { target, reference } = decided;
  if (thirdParty === undefined || [target, reference].some((lane) => lane?.backend === thirdParty))
    return { ...decided, environment };
  const unused = `--backend ${config.backend} is not used: it is the device "${thirdParty}". Ask for it with --device ${thirdParty}.`;
  return { ...decided, environment, target: { ...target, warnings: [...target.warnings, unused] } };
}
