/** Cells of an experiment, one after the other, on one device. */

import { runSuite, tensorflowImplementation } from '@nanscope/conform';
import { UserError } from '@nanscope/errors';
import { observeCells, ownCases, ownKernels } from '@nanscope/lane';
import { environmentOf } from './environment.ts';
import { openSession } from './session.ts';
import type { Say, Tasks } from './tasks.ts';

const noOnnxruntime = async (attn: string): Promise<never> => {
  throw new UserError(
    'page/onnxruntime',
    `attn ${attn}: expected eager or sdpa, found an implementation that runs in Node only. Run nanscope matrix for it.`,
  );
};

export async function runCells(
  { decision, cells, facts }: Tasks['cells']['given'],
  say: Say,
): Promise<undefined> {
  const session = await openSession(decision, say);
  await observeCells(session, { cells, facts }, noOnnxruntime, say, () => false);
  await session.dispose();
}

/** The conformance suite on one device, case after case. */
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
