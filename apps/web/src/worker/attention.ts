/** Runs the attention probes of both implementations on an opened backend. */
import { attentionProbes } from '@nanscope/attention';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { backendOf } from './backends.ts';

export async function measureAttention({
  id,
}: {
  readonly id: string;
}): Promise<readonly AttentionProbeOutcome[]> {
  const session = await backendOf(id).open();
  const outcomes = [...(await attentionProbes('sdpa')), ...(await attentionProbes('eager'))];
  await session.dispose();
  return outcomes;
}
