/** Cells of an experiment, one after the other, on one device. */
import { UserError } from '@nanscope/errors';
import { observeCells } from '@nanscope/lane';
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
