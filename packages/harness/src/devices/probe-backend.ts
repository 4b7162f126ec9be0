/**
 * The parent's side of probing. A backend is looked at in a process of its own: a driver may crash or hang while it is asked, and that
 * too is an answer. The same process then waits to be the lane of that backend, but for one with a driver of a GPU, which begins anew.
 */
import { builtinBackend, type Probe } from '@nanscope/backend';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import {
  type AttentionProbeMessage,
  type AttentionProbeTask,
  type ProbeMessage,
  type ProbeTask,
  runChild,
} from '@nanscope/lane';

const SILENCE_SECONDS = 60;

type Environment = Readonly<Record<string, string>>;

/** A backend of ours on the CPU: it finds its driver without help, and nothing of a look at it is in the way of its lane. */
export const isPlain = (id: string): boolean => id !== 'webgpu' && builtinBackend(id) !== undefined;

/** Looks at one backend in a child process; a child that dies gives "not available" with its last words. */
export async function probeBackend(
  id: string,
  environment: Environment,
  backendFile?: string,
): Promise<Probe> {
  let probe: Probe | undefined;
  let userError: (AttentionProbeMessage & { kind: 'user-error' }) | undefined;
  const task: ProbeTask = { kind: 'probe', ids: [id], ...(backendFile ? { backendFile } : {}) };
  const end = await runChild<ProbeMessage | AttentionProbeMessage>({
    run: 'probe',
    task,
    ...{ environment, backend: id, stay: isPlain(id) },
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
export async function probeAttention(
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
    ...{ environment, backend: id, stay: isPlain(id) },
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
