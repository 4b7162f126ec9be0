/**
 * Decides the devices of a run on this machine. A driver that is looked at can crash or hang, hence a process of its own;
 * plain JavaScript and WebAssembly cannot, and starting one would take longer than all else.
 */
import { builtinBackend, laneEnvironment } from '@nanscope/backend';
import { measureAttention, thirdPartyBackend } from '@nanscope/lane';
import { backendsOf, type Decided, type DeviceConfig, decideWith } from './decision.ts';
import { probeAttention, probeBackend } from './probe-backend.ts';
import { type PythonConfig, probeTorch, pythonOf } from './probe-torch.ts';

/** Those that run nothing native. */
const harmless = (id: string): id is 'cpu' | 'wasm' => id === 'cpu' || id === 'wasm';

/** @throws {UserError} `device/unknown` (exit 2), `device/not-found` (exit 3) */
export async function decide(
  config: DeviceConfig & PythonConfig,
  say: (what: string) => void,
): Promise<Decided> {
  const thirdParty = config.backend ? (await thirdPartyBackend(config.backend)).id : undefined;
  // Which driver a process finds is decided before it starts, and finding that out starts one more.
  const native = backendsOf(config).some((id) => !harmless(id) && id !== 'tensorflow');
  const environment = native ? await laneEnvironment() : {};
  const decided = await decideWith(
    config,
    {
      backend: (id) =>
        harmless(id)
          ? builtinBackend(id).probe()
          : probeBackend(id, environment, id === thirdParty ? config.backend : undefined),
      attention: (id) =>
        harmless(id)
          ? measureAttention({ kind: 'attention', id })
          : probeAttention(id, environment, config.backend),
      torch: (role, asked) => probeTorch(asked, pythonOf(role, asked, config)),
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
