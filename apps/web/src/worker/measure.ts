/** What a worker measures of a backend: whether it is there, its attention, its answers to the questions of the doctor. */

import { attentionProbes } from '@nanscope/attention';
import type { Probe } from '@nanscope/backend';
import type { AttentionProbeOutcome } from '@nanscope/device';
import { asked, measure, questions } from '@nanscope/lane';
import { backendOf, openSession } from './session.ts';
import type { Say } from './tasks.ts';

/** Looks at one backend. */
export const probe = ({ id }: { readonly id: string }): Promise<Probe> => backendOf(id).probe();

/** Runs the attention probes of both implementations on an opened backend. */
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

/** Puts the doctor's questions about NaN, infinities, subnormal numbers and half floats to one backend. */
export async function measureNumbers({ id }: { readonly id: string }, say: Say): Promise<undefined> {
  say({ kind: 'questions', questions: questions.map(asked) });
  const session = await openSession({ backend: id }, say);
  for await (const measured of measure(session)) say({ kind: 'measured', ...measured });
  await session.dispose();
}
