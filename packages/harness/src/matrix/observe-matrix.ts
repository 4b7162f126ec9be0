/**
 * The cells of a plan, observed on each device, held against the oracle's prediction, and summed up. Where they are run is the
 * laboratory's business, where they are kept the store's; what a table says is decided in @nanscope/experiments.
 */
import { type Cell, cellId, conditionNames } from '@nanscope/experiments';
import { type MatrixRecord, SCHEMA_VERSION } from '@nanscope/report';
import type { MatrixConfig } from '../config/matrix-config.ts';
import type { ExperimentHooks, Laboratory } from '../experiments/laboratory.ts';
import type { NamedDevice } from '../experiments/named-devices.ts';
import type { CellResult } from '../experiments/task.ts';
import { throwUserError } from '../lane/lane-outcome.ts';
import type { LaneOutcome } from '../lane/task.ts';
import { matrixRecord } from './matrix-record.ts';
import type { MatrixPlan } from './plan.ts';

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
  readonly hooks: ExperimentHooks;
}

/** @param command The command line as typed, for the result. */
export async function observeMatrix<Device extends NamedDevice>(
  config: Pick<MatrixConfig, 'filter' | 'shard' | 'backend'>,
  plan: MatrixPlan,
  devices: readonly Device[],
  command: string,
  { laboratory, store, hooks }: Omit<Run<Device>, 'seen'>,
): Promise<MatrixRecord> {
  const seen = new Map<string, CellResult>();
  const records: DeviceRecord[] = [];
  for (const device of devices)
    records.push(await runDevice(device, plan.cells, { laboratory, store, seen, hooks }));
  return matrixRecord(
    {
      ...{ schemaVersion: SCHEMA_VERSION, kind: 'matrix', command, folder: store.folder },
      status: records.every(({ status }) => status === 'complete') ? 'complete' : 'incomplete',
      factors: Object.fromEntries(conditionNames.map((name) => [name, plan.values[name]])),
      ...(config.filter !== undefined && { filter: config.filter }),
      ...(config.shard !== undefined && { shard: config.shard }),
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
  { laboratory, store, seen, hooks }: Run<Device>,
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
    missing.length === 0
      ? { status: 'complete' }
      : await laboratory.run(device, missing, {
          onStage: hooks.onStage,
          onResults: (results) => {
            store.keep(results);
            for (const result of results) seen.set(cellId(result.cell), result);
            done += results.length;
            hooks.onProgress(device.name, done, cells.length);
            hooks.onResults?.(device.name, results);
          },
          ...(hooks.signal && { signal: hooks.signal }),
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
    status: outcome.status,
    ...(outcome.failure !== undefined && { failure: outcome.failure }),
    asked: cells.length,
    observed: done - refused.length,
    refused: refused.length,
    ...(refused[0] !== undefined && { refusal: refused[0] }),
    seconds: (performance.now() - started) / 1000,
  };
}
