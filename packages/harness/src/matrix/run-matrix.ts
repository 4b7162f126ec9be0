/**
 * `nanscope matrix`: every combination of the conditions that are said to matter, observed on each device, held
 * against the oracle's prediction, and summed up. Effects sit here; what a table says is decided in @nanscope/experiments.
 */
import { UserError } from '@nanscope/errors';
import { type Cell, cellId, conditionNames, isForeign } from '@nanscope/experiments';
import { type MatrixRecord, SCHEMA_VERSION } from '@nanscope/report';
import type { MatrixConfig } from '../config/matrix-config.ts';
import { onnxruntimeProvider } from '../conform/onnxruntime.ts';
import { decideDevices, type NamedDevice } from '../experiments/devices.ts';
import { runCells } from '../experiments/run-cells.ts';
import type { CellResult } from '../experiments/task.ts';
import type { LaneOutcome } from '../lane/task.ts';
import { throwUserError } from '../lane/watch-lane.ts';
import { writeJson } from '../run-folder/write.ts';
import { failedCells } from '../selection/last-failed.ts';
import { readTimings } from '../selection/timings.ts';
import { appendCells } from './cells-file.ts';
import { Failures } from './failures.ts';
import { openMatrixFolder } from './folder.ts';
import { matrixRecord } from './matrix-record.ts';
import { type Earlier, type MatrixPlan, planMatrix } from './plan.ts';

export interface MatrixHooks {
  readonly onStage: (what: string) => void;
  /** Cells observed so far on this device, of those asked of it. */
  readonly onProgress: (device: string, observed: number, asked: number) => void;
  readonly signal?: AbortSignal;
}

type DeviceRecord = MatrixRecord['devices'][number];

/**
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `run.json` of its folder; undefined when it was interrupted before a device was opened.
 * @throws {UserError} for what is wrong in the configuration, before anything is written
 */
export async function runMatrix(
  config: MatrixConfig,
  command: string,
  hooks: MatrixHooks,
): Promise<MatrixRecord | undefined> {
  const earlier = earlierRuns(config);
  const plan = planMatrix(config, earlier);
  const devices = await decideDevices([...plan.values.device], config.backend, hooks);
  if (!devices) return undefined;
  checkForeign(plan, devices);
  const { path: folder, known } = openMatrixFolder(config, devices, hooks.onStage);
  const seen = new Map<string, CellResult>();
  const failures = new Failures(config.bail);
  const records: DeviceRecord[] = [];
  for (const device of devices) {
    records.push(await runDevice(device, plan.cells, { config, folder, known, seen, failures, hooks }));
  }
  const notRun = plan.cells.length - seen.size;
  const result = matrixRecord(
    {
      ...{ schemaVersion: SCHEMA_VERSION, kind: 'matrix', command, folder },
      status: records.every(({ status }) => status === 'complete') ? 'complete' : 'incomplete',
      factors: Object.fromEntries(conditionNames.map((name) => [name, plan.values[name]])),
      ...(config.filter !== undefined && { filter: config.filter }),
      ...(config.shard !== undefined && { shard: config.shard }),
      ...(earlier.timings && { timings: earlier.timings.fingerprint }),
      ...(earlier.failed && { lastFailed: true }),
      ...(failures.enough && notRun > 0 && { bailed: { failures: failures.count, notRun } }),
      devices: records,
    },
    plan.cells,
    seen,
    config.backend,
  );
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

interface Run {
  readonly config: MatrixConfig;
  readonly folder: string;
  readonly known: ReadonlyMap<string, CellResult>;
  /** Filled by id. */
  readonly seen: Map<string, CellResult>;
  readonly failures: Failures;
  readonly hooks: MatrixHooks;
}

async function runDevice(
  device: NamedDevice,
  all: readonly Cell[],
  { config, folder, known, seen, failures, hooks }: Run,
): Promise<DeviceRecord> {
  const cells = all.filter((cell) => cell.device === device.name);
  const missing: Cell[] = [];
  for (const cell of cells) {
    const before = known.get(cellId(cell));
    if (before) seen.set(cellId(cell), before);
    else missing.push(cell);
  }
  let done = cells.length - missing.length;
  const started = performance.now();
  const outcome: LaneOutcome =
    missing.length === 0 || failures.enough
      ? { status: 'complete' }
      : await runCells(device, missing, config, {
          onStage: hooks.onStage,
          onResults: (results) => {
            appendCells(folder, results);
            failures.add(results);
            for (const result of results) seen.set(cellId(result.cell), result);
            done += results.length;
            hooks.onProgress(device.name, done, cells.length);
          },
          ...(hooks.signal && { signal: hooks.signal }),
          ...(failures.left !== undefined && { bail: failures.left }),
        });
  throwUserError(outcome);
  const refused = cells.flatMap((cell) => {
    const result = seen.get(cellId(cell));
    return result && 'refused' in result ? [result.refused] : [];
  });
  return {
    name: device.name,
    label: device.decision.label,
    backend: device.decision.backend,
    gpu: device.gpu,
    os: process.platform,
    arch: process.arch,
    ...(outcome.status === 'complete' && done < cells.length
      ? { status: 'interrupted', failure: 'ended by --bail' }
      : outcome),
    asked: cells.length,
    observed: done - refused.length,
    refused: refused.length,
    ...(refused[0] !== undefined && { refusal: refused[0] }),
    seconds: (performance.now() - started) / 1000,
  };
}
