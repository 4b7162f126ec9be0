/** Looks at backends, or opens one and measures its attention, in a process that may end at any of these. */
import { attentionProbes } from '@nanscope/attention';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { findBackend } from '../session/open-session.ts';
import type { AttentionProbeMessage, AttentionProbeTask, ProbeMessage, ProbeTask } from './task.ts';

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
