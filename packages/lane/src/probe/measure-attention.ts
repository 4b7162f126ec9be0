/** Runs the attention probes of both implementations on an opened backend, inside a probing process. */
import { attentionProbes } from '@nanscope/attention';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { findBackend } from '../session/find-backend.ts';
import type { AttentionProbeTask } from './task.ts';

export async function measureAttention(task: AttentionProbeTask): Promise<AttentionProbeOutcome[]> {
  const session = await (await findBackend(task.id, task.backendFile)).open();
  const outcomes = [...(await attentionProbes('sdpa')), ...(await attentionProbes('eager'))];
  await session.dispose();
  return outcomes;
}
