/** Decides the devices of a run on this machine. */
import { laneEnvironment } from '@nanscope/backend';
import { endKept, thirdPartyBackend } from '@nanscope/lane';
import { backendsOf, type Decided, type DeviceConfig, decideWith } from './decision.ts';
import { isPlain, probeAttention, probeBackend } from './probe-backend.ts';
import { type PythonConfig, probeTorch, pythonOf } from './probe-torch.ts';

/** @throws {UserError} `device/unknown` (exit 2), `device/not-found` (exit 3) */
export async function decide(
  config: DeviceConfig & PythonConfig,
  say: (what: string) => void,
): Promise<Decided> {
  const thirdParty = config.backend ? (await thirdPartyBackend(config.backend)).id : undefined;
  // Which driver a process finds is decided before it starts, and finding that out starts one more.
  const native = backendsOf(config).some((id) => !isPlain(id));
  const environment = native ? await laneEnvironment() : {};
  const decided = await decideWith(
    config,
    {
      backend: (id) => probeBackend(id, environment, id === thirdParty ? config.backend : undefined),
      attention: (id) => probeAttention(id, environment, config.backend),
      torch: (role, asked) => probeTorch(asked, pythonOf(role, asked, config), { environment }),
    },
    say,
    thirdParty,
  ).catch((error: unknown) => {
    endKept();
    throw error;
  });
  const { target, reference } = decided;
  endKept([target, reference].map((lane) => lane?.torch?.python ?? lane?.backend));
  if (thirdParty === undefined || [target, reference].some((lane) => lane?.backend === thirdParty))
    return { ...decided, environment };
  const unused = `--backend ${config.backend} is not used: it is the device "${thirdParty}". Ask for it with --device ${thirdParty}.`;
  return { ...decided, environment, target: { ...target, warnings: [...target.warnings, unused] } };
}
