/**
 * `nanscope matrix`: every combination of the conditions that are said to matter, observed on the devices of this machine and
 * kept in a run folder.
 */

import { UserError } from '@nanscope/errors';
import { isForeign } from '@nanscope/experiments';
import { isFailure, onnxruntimeProvider } from '@nanscope/lane';
import { type MatrixRecord, writeJson } from '@nanscope/record';
import type { MatrixConfig } from '@nanscope/settings';
import { decideDevices, machineLaboratory } from '../experiments/devices.ts';
import type { ExperimentHooks, NamedDevice } from '../experiments/named-devices.ts';
import { appendCells, readCells } from './cells-file.ts';
import { checkMatrixFolder, openMatrixFolder, readMatrix } from './folder.ts';
import { observeMatrix } from './observe-matrix.ts';
import { type Earlier, type MatrixPlan, planMatrix } from './plan.ts';
import { readTimings } from './timings.ts';

// The cells that failed in an earlier run, by their ids: what `--last-failed` runs again.

/** Cells that did not show what the oracle predicts. @param folder of a matrix, or of several that were merged */
function failedCells(folder: string): ReadonlySet<string> {
  readMatrix(folder, '--last-failed');
  return new Set([...readCells(folder)].flatMap(([id, result]) => (isFailure(result) ? [id] : [])));
}

/**
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `run.json` of its folder; undefined when it was interrupted before a device was opened.
 * @throws {UserError} for what is wrong in the configuration, before anything is written
 */
export async function runMatrix(
  config: MatrixConfig,
  command: string,
  hooks: ExperimentHooks,
): Promise<MatrixRecord | undefined> {
  checkMatrixFolder(config);
  const earlier = earlierRuns(config);
  const plan = planMatrix(config, earlier);
  const devices = await decideDevices([...plan.values.device], config.backend, hooks);
  if (!devices) return undefined;
  checkForeign(plan, devices);
  const { path: folder, known } = openMatrixFolder(config, devices, hooks.onStage);
  const result = await observeMatrix(config, plan, devices, command, {
    earlier,
    machine: { os: process.platform, arch: process.arch },
    laboratory: machineLaboratory(config),
    store: { folder, known, keep: (results) => appendCells(folder, results) },
    hooks,
  });
  writeJson(folder, 'run.json', result);
  return result;
}

/** A device that another library has no kernels for would be told in its name. @throws UserError `usage/onnxruntime-device` */
function checkForeign({ cells }: MatrixPlan, devices: readonly NamedDevice[]): void {
  for (const { name, decision } of devices) {
    const foreign = cells.filter((cell) => cell.device === name).find(isForeign);
    if (foreign) onnxruntimeProvider(foreign.attn, decision);
  }
}

/** What the flags say of earlier runs, read before anything starts. */
function earlierRuns({ timings, shard, lastFailed }: MatrixConfig): Earlier {
  if (timings !== undefined && shard === undefined) {
    throw new UserError('usage/timings', `--timings ${timings}: expected --shard I/N beside it, found none.`);
  }
  return {
    ...(timings !== undefined && { timings: readTimings(timings) }),
    ...(lastFailed !== undefined && { failed: failedCells(lastFailed) }),
  };
}
