/** Lanes of PyTorch among those of a run: what they cannot do is refused before they start, and what they read is written down for them. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
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
import { isModelPreset } from '@nanscope/model';
import type { EvalConfig } from '@nanscope/settings';
import type { DecidedDevices } from '../devices/decision.ts';

/** In the run folder: the batches, for a lane that collates nothing itself. */
export const BATCHES = 'batches.jsonl';

export const hasTorch = ({ target, reference }: DecidedDevices): boolean =>
  target.torch !== undefined || reference?.torch !== undefined;

export const bothTorch = ({ target, reference }: DecidedDevices): boolean =>
  target.torch !== undefined && reference?.torch !== undefined;

/** @throws {UserError} `usage/torch` for flags without an effect, or without one on a lane of PyTorch */
export function checkTorch(config: EvalConfig, decided: DecidedDevices): void {
  const refuse = (found: string, why: string) => new UserError('usage/torch', `${found}: ${why}`);
  if (!hasTorch(decided)) {
    const flags = {
      'mask-form': config.maskForm,
      python: config.python,
      'reference-python': config.referencePython,
      'trust-remote-code': config.trustRemoteCode,
    };
    const given = Object.entries(flags).find(([, value]) => value !== undefined && value !== false);
    if (given)
      throw refuse(
        `--${given[0]}`,
        'expected a torch device to go with it, found none. Choose one with --device torch:cpu, or leave it out.',
      );
    return;
  }
  if (config.referencePython !== undefined && decided.reference?.torch === undefined)
    throw refuse('--reference-python', 'expected a torch device as --reference, found none. Leave it out.');
  if (isModelPreset(config.model))
    throw refuse(
      `--model ${config.model}`,
      'expected a folder in Hugging Face layout, org/name or prose, found a preset of random weights. PyTorch draws others.',
    );
  if (config.traceFilter !== undefined)
    throw refuse(
      '--trace-filter',
      'expected no filter beside a torch device, which counts all taps or none.',
    );
}

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
