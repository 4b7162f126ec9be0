/** Looks at backends, or opens one and measures its attention, in a process that may end at any of these. */
import { attentionProbes } from '@nanscope/attention';
import type { Probe } from '@nanscope/backend';
import type { AttentionProbeOutcome } from '@nanscope/device';
import type { ErrorCode } from '@nanscope/errors';
import { findBackend } from '../session/open-session.ts';

/** Runs the attention probes of both implementations on an opened backend, inside a probing process. */
export async function measureAttention(task: AttentionProbeTask): Promise<AttentionProbeOutcome[]> {
  const session = await (await findBackend(task.id, task.backendFile)).open();
  const outcomes = [...(await attentionProbes('sdpa')), ...(await attentionProbes('eager'))];
  await session.dispose();
  return outcomes;
}

export async function probe(
  task: ProbeTask | AttentionProbeTask,
  send: (message: ProbeMessage | AttentionProbeMessage) => void,
): Promise<void> {
  if (task.kind === 'attention') {
    send({ kind: 'outcomes', outcomes: await measureAttention(task) });
    return;
  }
  for (const id of task.ids) {
    const backend = await findBackend(id, task.backendFile);
    send({ kind: 'probe', probe: await backend.probe() });
  }
}

// What a probing process is asked and what it answers.

export interface ProbeTask {
  readonly kind: 'probe';
  /** Backends to look at. */
  readonly ids: readonly string[];
  /** A third-party backend's module. */
  readonly backendFile?: string;
}

export type ProbeMessage = { readonly kind: 'probe'; readonly probe: Probe };

export interface AttentionProbeTask {
  readonly kind: 'attention';
  readonly id: string;
  readonly backendFile?: string;
}

export type AttentionProbeMessage =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly AttentionProbeOutcome[] }
  | {
      readonly kind: 'user-error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly exitCode: 2 | 3;
    };
