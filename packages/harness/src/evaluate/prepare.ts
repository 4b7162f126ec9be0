/** An evaluation before anything is written: what can be refused, the devices, how much is evaluated. */

import { join } from 'node:path';
import type { LaneTask } from '@nanscope/lane';
import { type LaneRecord, readLane } from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import { checkInputs } from '../lanes/check-inputs.ts';
import { checkTorch } from '../lanes/check-torch.ts';
import { type RunHooks, roles } from '../lanes/run-lanes.ts';
import { firstRows, firstRowsWords } from './first-rows.ts';

/** How much the lanes evaluate. */
export type Amount = Pick<LaneTask, 'batches' | 'cut'>;

/** Why the data of a run that is continued was cut: its settings have only the limit, but a lane that began has the reason. */
const earlierCut = (folder: string): LaneRecord['data']['cut'] =>
  roles.map((role) => readLane(join(folder, role))?.data.cut).find((cut) => cut !== undefined);

/** Everything that can be refused, before anything is written. Undefined when it was interrupted. */
export async function prepare(
  config: EvalConfig,
  hooks: RunHooks,
): Promise<{ amount: Amount; limit?: number; decided: Decided } | undefined> {
  const { batches, rows } = await checkInputs(config);
  if (hooks.signal?.aborted) return undefined;
  // Ctrl-C on a terminal ends the probing processes too, which then look like devices that are not there.
  const decided = await decide(config, hooks.onStage).catch((error: unknown) => {
    if (hooks.signal?.aborted) return undefined;
    throw error;
  });
  if (!decided || hooks.signal?.aborted) return undefined;
  checkTorch(config, decided);
  hooks.onDecision(decided);
  if (config.resume !== undefined) {
    const cut = earlierCut(config.resume);
    return { amount: { batches, ...(cut && { cut }) }, decided };
  }
  const first = firstRows(config, decided.target, rows);
  if (!first) return { amount: { batches }, decided };
  hooks.onStage(firstRowsWords(first));
  const { limit, cut } = first;
  return { amount: { batches: Math.ceil(limit / config.batchSize), cut }, limit, decided };
}
