/**
 * Decides the devices of a run on this machine. A driver that is looked at can crash or hang, hence a process of its own;
 * plain JavaScript and WebAssembly cannot, and starting one would take longer than all else.
 */
import { builtinBackend, laneEnvironment, type Probe } from '@nanscope/backend';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import {
  type AttentionProbeMessage,
  type AttentionProbeTask,
  measureAttention,
  type ProbeMessage,
  type ProbeTask,
  runChild,
  thirdPartyBackend,
} from '@nanscope/lane';
import { backendsOf, type Decided, type DeviceConfig, decideWith } from './decision.ts';
import { type PythonConfig, probeTorch, pythonOf } from './probe-torch.ts';

// The parent's side of probing. Native TensorFlow and Dawn are looked at in a process of their own each: a
// driver may crash or hang while it is asked, and that too is an answer.

const SILENCE_SECONDS = 60;

type Environment = Readonly<Record<string, string>>;

/** Looks at one backend in a child process; a child that dies gives "not available" with its last words. */
async function probeBackend(id: string, environment: Environment, backendFile?: string): Promise<Probe> {
  let probe: Probe | undefined;
  let userError: (AttentionProbeMessage & { kind: 'user-error' }) | undefined;
  const task: ProbeTask = { kind: 'probe', ids: [id], ...(backendFile ? { backendFile } : {}) };
  const end = await runChild<ProbeMessage | AttentionProbeMessage>({
    run: 'probe',
    task,
    environment,
    silenceSeconds: SILENCE_SECONDS,
    onMessage(message) {
      if (message.kind === 'probe') probe = message.probe;
      if (message.kind === 'user-error') userError = message;
    },
  });
  if (userError) throw new UserError(userError.code, userError.message);
  return (
    probe ?? {
      id,
      available: false,
      reason: end.silent
        ? 'the driver did not answer within a minute'
        : `looking at it ended its process (${end.signal ?? `exit code ${end.code}`}): ${end.lastWords}`,
      remedy: 'update the driver, or choose another device',
    }
  );
}

/** Runs the attention probes on a backend. A child that dies counts as probes that failed, with the reason. */
async function probeAttention(
  id: string,
  environment: Environment,
  backendFile?: string,
): Promise<readonly AttentionProbeOutcome[]> {
  let outcomes: readonly AttentionProbeOutcome[] | undefined;
  let refused = '';
  const task: AttentionProbeTask = { kind: 'attention', id, ...(backendFile ? { backendFile } : {}) };
  const end = await runChild<AttentionProbeMessage>({
    run: 'probe',
    task,
    environment,
    silenceSeconds: SILENCE_SECONDS,
    onMessage(message) {
      if (message.kind === 'outcomes') outcomes = message.outcomes;
      else refused = message.message;
    },
  });
  if (outcomes) return outcomes;
  const detail =
    refused || `the probing process ended (${end.signal ?? `exit code ${end.code}`}): ${end.lastWords}`;
  return (['sdpa', 'eager'] as const).map((implementation) => ({
    implementation,
    probe: 'run',
    passed: false,
    detail,
  }));
}

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
