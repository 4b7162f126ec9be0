/**
 * The cells of a plan, observed on each device, held against the oracle's prediction, and summed up. Where they are run is the
 * laboratory's business, where they are kept the store's; what a table says is decided in @nanscope/experiments.
 */

import { type Cell, cellId, conditionNames, summarizeMatrix } from '@nanscope/experiments';
import { type CellResult, isFailure, type LaneOutcome, throwUserError } from '@nanscope/lane';
import { type MatrixRecord, SCHEMA_VERSION } from '@nanscope/record';
import type { MatrixConfig } from '@nanscope/settings';
import { shellWord } from '@nanscope/words';
import type { ExperimentHooks, Laboratory, NamedDevice } from '../experiments/named-devices.ts';
import type { Earlier, MatrixPlan } from './plan.ts';

/** Cells of a matrix that failed so far, against how many may. */
export class Failures {
  readonly #bail: number | undefined;
  #count = 0;

  /** @param bail failures after which a matrix ends; default: never */
  constructor(bail: number | undefined) {
    this.#bail = bail;
  }

  add(results: readonly CellResult[]): void {
    if (this.#bail !== undefined) this.#count += results.filter(isFailure).length;
  }

  get count(): number {
    return this.#count;
  }

  get enough(): boolean {
    return this.#bail !== undefined && this.#count >= this.#bail;
  }

  /** That may still come; undefined without a limit. */
  get left(): number | undefined {
    return this.#bail === undefined ? undefined : this.#bail - this.#count;
  }
}

// From what was run and seen to the record of a matrix: the table is summed up here. Pure.

/** Surprises that a result names; cells.jsonl holds every cell. */
const MOST_SURPRISES = 50;

/** @param backend third-party module that the reproducing commands have to name */
export function matrixRecord(
  head: Omit<MatrixRecord, 'cells' | 'asPredicted' | 'surprises' | 'surprisesCut' | 'answers'>,
  planned: readonly Cell[],
  seen: ReadonlyMap<string, CellResult>,
  backend?: string,
): MatrixRecord {
  const table = planned.flatMap((cell) => {
    const result = seen.get(cellId(cell));
    return result && 'observation' in result ? [{ cell, outcome: result.observation }] : [];
  });
  const gpus = new Set(head.devices.filter(({ gpu }) => gpu).map(({ name }) => name));
  const whole =
    head.shard === undefined && !head.lastFailed && planned.every((cell) => seen.has(cellId(cell)));
  const { cells, asPredicted, surprises, answers } = summarizeMatrix(table, gpus, whole);
  const third = backend === undefined ? '' : ` --backend ${shellWord(backend)}`;
  return {
    ...head,
    cells,
    asPredicted,
    surprises: surprises.slice(0, MOST_SURPRISES).map(({ id, differences }) => ({
      id,
      differences,
      command: `nanscope matrix${third} --filter ${shellWord(id)}`,
    })),
    surprisesCut: Math.max(0, surprises.length - MOST_SURPRISES),
    answers: answers.map(({ necessity, minimalSets, ...answer }) => ({
      ...answer,
      ...(minimalSets && {
        minimalSets: minimalSets.map(({ conditions, ...set }) => ({
          ...set,
          conditions: conditions as Record<string, readonly string[]>,
        })),
      }),
      necessity: necessity.map(({ example, ...rest }) => ({
        ...rest,
        ...(example && { example: cellId(example) }),
      })),
    })),
  };
}

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
  /** What the devices are in, where it is shown. */
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
