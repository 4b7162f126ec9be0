/** Puts the doctor's questions about NaN, infinities, subnormal numbers and half floats to one backend. */
import { asked, measure, questions } from '@nanscope/lane';
import { openSession } from './session.ts';
import type { Say } from './tasks.ts';

export async function measureNumbers({ id }: { readonly id: string }, say: Say): Promise<undefined> {
  say({ kind: 'questions', questions: questions.map(asked) });
  const session = await openSession({ backend: id }, say);
  for await (const measured of measure(session)) say({ kind: 'measured', ...measured });
  await session.dispose();
}
