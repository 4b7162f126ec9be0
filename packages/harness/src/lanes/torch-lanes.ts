/** Lanes of PyTorch among those of a run: what they read is written down for them. What they cannot do is in check-torch.ts. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  batchLine,
  evalBatches,
  inputModel,
  type LaneMessage,
  type LaneOutcome,
  type LaneTask,
  loadTokenizerFor,
  startLane,
  torchIn,
  torchTaskOf,
} from '@nanscope/lane';
import type { EvalConfig } from '@nanscope/settings';

/** In the run folder: the batches, for a lane that collates nothing itself. */
export const BATCHES = 'batches.jsonl';

/** Writes the batches of a run, once for all of its lanes. @returns the file */
async function writeBatches(config: EvalConfig, folder: string): Promise<string> {
  const path = join(folder, BATCHES);
  const [tokenizer, model] = [await loadTokenizerFor(config), await inputModel(config)];
  for await (const batch of evalBatches(config, tokenizer, model))
    appendFileSync(path, `${JSON.stringify(batchLine(batch))}\n`);
  return path;
}

/** What starts lanes of PyTorch in a run folder; the batches are written when the first of them starts. */
export function torchLanes(config: EvalConfig, folder: string) {
  let written: Promise<string> | undefined;
  return async (
    task: LaneTask,
    environment: Readonly<Record<string, string>>,
    onMessage: (message: LaneMessage) => void,
    signal: AbortSignal | undefined,
  ): Promise<LaneOutcome> => {
    written ??= writeBatches(config, folder);
    const wire = torchTaskOf(task, await written, await loadTokenizerFor(config));
    const start = torchIn(task.decision.torch!.python, wire);
    return startLane(task, environment, onMessage, signal, { start });
  };
}
