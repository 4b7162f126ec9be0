/** Looks at backends, or opens one and measures its attention, in a process that may end at any of these. */
import { findBackend } from '../session/find-backend.ts';
import { measureAttention } from './measure-attention.ts';
import type { AttentionProbeMessage, AttentionProbeTask, ProbeMessage, ProbeTask } from './task.ts';

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
