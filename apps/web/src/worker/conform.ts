/** The conformance suite on one device, case after case. */
import { runSuite, tensorflowImplementation } from '@nanscope/conform';
import { ownCases, ownKernels } from '@nanscope/lane';
import { environmentOf } from './environment.ts';
import { openSession } from './session.ts';
import type { Say, Tasks } from './tasks.ts';

export async function runConform(
  { decision, implementation, filter }: Tasks['conform']['given'],
  say: Say,
): Promise<undefined> {
  const session = await openSession(decision, say);
  say({ kind: 'opened', environment: environmentOf(session.facts.version) });
  const results = runSuite(ownCases(filter), tensorflowImplementation(implementation), ownKernels);
  for await (const result of results) say({ kind: 'case', result });
  await session.dispose();
}
