/**
 * The cells of a plan, observed on each device, held against the oracle's prediction, and summed up. Where they are run is the
 * laboratory's business, where they are kept the store's; what a table says is decided in @nanscope/experiments.
 */
import { type Cell, cellId, conditionNames } from '@nanscope/experiments';
import type { CellResult, LaneOutcome } from '@nanscope/lane';
import { throwUserError } from '@nanscope/lane';
import { type MatrixRecord, SCHEMA_VERSION } from '@nanscope/record';
import type { MatrixConfig } from '@nanscope/settings';
import type { ExperimentHooks, Laboratory } from '../experiments/laboratory.ts';
import type { NamedDevice } from '../experiments/named-devices.ts';
import { Failures } from './failures.ts';
import { matrixRecord } from './matrix-record.ts';
import type { Earlier, MatrixPlan } from './plan.ts';

type DeviceRecord = MatrixRecord['devices'][number];

/** Where observed cells are kept. */
export interface CellStore {
  /** The run folder, as the result names it. */
  readonly folder: string;
  /** Cells of an earlier run, by id: they are not run again. */
  readonly known: ReadonlyMap<string, CellResult>;
  keep(results: readonly CellResult[]): void;
}

interface Run<Device extends NamedDevice> {
  readonly laboratory: Laboratory<Device>;
  readonly store: CellStore;
  /** Filled by id. */
  readonly seen: Map<string, CellResult>;
  readonly failures: Failures;
  /** What the devices are in, where it is told. */
  readonly machine: Pick<DeviceRecord, 'os' | 'arch'>;
  readonly hooks: ExperimentHooks;
}

/** @param command The command line as typed, for the result. */
export async function observeMatrix<Device extends NamedDevice>(
  config: Pick<MatrixConfig, 'filter' | 'shard' | 'backend' | 'bail'>,
  plan: MatrixPlan,
  devices: readonly Device[],
  command: string,
  { earlier = {}, ...run }: Omit<Run<Device>, 'seen' | 'failures'> & { readonly earlier?: Earlier },
): Promise<MatrixRecord> {
  const seen = new Map<string, CellResult>();
  const records: DeviceRecord[] = [];
  const failures = new Failures(config.bail);
  for (const device of devices) records.push(await runDevice(device, plan.cells, { ...run, seen, failures }));
  const notRun = plan.cells.length - seen.size;
  return matrixRecord(
    {
      ...{ schemaVersion: SCHEMA_VERSION, kind: 'matrix', command, folder: run.store.folder },
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
}

async function runDevice<Device extends NamedDevice>(
  device: Device,
  all: readonly Cell[],
  { laboratory, store, seen, failures, machine, hooks }: Run<Device>,
): Promise<DeviceRecord> {
  const cells = all.filter((cell) => cell.device === device.name);
  const missing: Cell[] = [];
  for (const cell of cells) {
    const before = store.known.get(cellId(cell));
    if (before) seen.set(cellId(cell), before);
    else missing.push(cell);
  }
  let done = cells.length - missing.length;
  const started = performance.now();
  const outcome: LaneOutcome =
    missing.length === 0 || failures.enough
      ? { status: 'complete' }
      : await laboratory.run(device, missing, {
          onStage: hooks.onStage,
          onResults: (results) => {
            store.keep(results);
            failures.add(results);
            for (const result of results) seen.set(cellId(result.cell), result);
            done += results.length;
            hooks.onProgress(device.name, done, cells.length);
            hooks.onResults?.(device.name, results);
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
    ...machine,
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
