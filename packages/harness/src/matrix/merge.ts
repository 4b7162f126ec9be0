/**
 * `nanscope merge`: the parts of a matrix that ran elsewhere as one table. What is merged must be of one factorial; the
 * union is verified: every cell of it there, none with two outcomes.
 */
import { UserError } from '@nanscope/errors';
import {
  cellId,
  cellsOf,
  conditionsFrom,
  differences,
  type FactorValues,
  meets,
} from '@nanscope/experiments';
import type { CellResult } from '@nanscope/lane';
import { type MatrixRecord, makeRunFolder, moveAside, SCHEMA_VERSION, writeJson } from '@nanscope/record';
import { defaultRunFolder } from '../run-folder/resumed-settings.ts';
import { type Shard, shardFrom } from '../selection/shard.ts';
import { appendCells, readCells } from './cells-file.ts';
import { readMatrix } from './folder.ts';
import { matrixRecord } from './observe-matrix.ts';

// Whether the parts that are merged fit together: those of one device are parts of one cut, made with the same timings,
// each of them once. Else the union would have holes and overlaps that no part knows of. Pure.

export interface Part {
  readonly folder: string;
  readonly record: MatrixRecord;
  readonly cells: ReadonlyMap<string, CellResult>;
}

interface ShardPart extends Shard {
  readonly folder: string;
  /** What was divided: a machine has its own parts of its own devices. */
  readonly devices: string;
  readonly timings: string;
}

function shardParts(parts: readonly Part[]): ShardPart[] {
  return parts.flatMap(({ folder, record }) => {
    if (record.shard === undefined) return [];
    const devices = record.devices
      .map(({ name }) => name)
      .sort()
      .join(',');
    return [{ ...shardFrom(record.shard), folder, devices, timings: record.timings ?? 'none' }];
  });
}

function sameDevices(parts: readonly ShardPart[]): ShardPart[][] {
  const names = new Set(parts.map(({ devices }) => devices));
  return [...names].map((name) => parts.filter(({ devices }) => devices === name));
}

/** @throws {UserError} `merge/other-cut`, `merge/overlap` */
function checkCuts(parts: readonly Part[]): void {
  for (const own of sameDevices(shardParts(parts))) {
    const [first] = own as [ShardPart];
    const seen = new Map<number, string>();
    for (const { index, count, folder, timings, devices } of own) {
      if (timings !== first.timings || count !== first.count) {
        const words = (part: Pick<ShardPart, 'count' | 'timings'>) =>
          `one of ${part.count} with timings ${part.timings}`;
        throw new UserError(
          'merge/other-cut',
          `${folder}: expected a part of ${devices} that was divided as ${first.folder} was, ${words(first)}, found ${words({ count, timings })}. Run all parts with the same --shard I/N and the same --timings.`,
        );
      }
      const before = seen.get(index);
      if (before !== undefined) {
        throw new UserError(
          'merge/overlap',
          `${folder}: expected each part of ${devices} once, found ${index}/${count}, which is ${before} already. Leave one out.`,
        );
      }
      seen.set(index, folder);
    }
  }
}

/** The parts that were not given, in words: `2/3 of wasm`; of more than `most` the first, and how many are left out. */
function missingShards(parts: readonly Part[], most: number): string[] {
  const missing = sameDevices(shardParts(parts)).flatMap((own) => {
    const { count, devices } = own[0]!;
    const given = new Set(own.map(({ index }) => index));
    const all = Array.from({ length: count }, (_, i) => i + 1);
    return all.filter((index) => !given.has(index)).map((index) => `${index}/${count} of ${devices}`);
  });
  const rest = missing.length - most;
  return rest > 0 ? [...missing.slice(0, most), `and ${rest} more`] : missing;
}

/** Missing parts and cells that a result names. */
const MOST_MISSING = 20;

/**
 * @param folders of matrix runs, shards of one or runs of several devices
 * @throws UserError `matrix/no-matrix`, `merge/other-factors`, `merge/other-device`, `merge/two-outcomes`, `merge/other-cut`, `merge/overlap`, before anything is written
 */
export function mergeMatrices(
  folders: readonly string[],
  out: string | undefined,
  command: string,
): MatrixRecord {
  const parts = folders.map(readPart);
  const values = joinedFactors(parts);
  checkDevices(parts);
  const results = joinedCells(parts);
  checkCuts(parts);
  const filter = parts[0]!.record.filter;
  const asked = filter === undefined ? {} : conditionsFrom(filter);
  const wanted = cellsOf(values).filter((cell) => meets(cell, { ...asked, device: cell.device }));
  const missing = wanted.filter((cell) => !results.has(cellId(cell)));
  const folder = out ?? defaultRunFolder(new Date());
  moveAside(folder, 'matrix');
  makeRunFolder(folder, 'matrix');
  appendCells(folder, [...results.values()]);
  const record = matrixRecord(
    {
      ...{ schemaVersion: SCHEMA_VERSION, kind: 'matrix', command, folder },
      status: missing.length === 0 ? 'complete' : 'incomplete',
      factors: values,
      ...(filter !== undefined && { filter }),
      ...(missing.length > 0 && {
        missing: {
          shards: missingShards(parts, MOST_MISSING),
          cells: missing.length,
          ids: missing.slice(0, MOST_MISSING).map(cellId),
        },
      }),
      devices: values.device.map((name) =>
        joinedDevice(name, parts, wanted.filter((cell) => cell.device === name).length),
      ),
    },
    wanted,
    results,
  );
  writeJson(folder, 'run.json', record);
  return record;
}

function readPart(folder: string): Part {
  return { folder, record: readMatrix(folder, 'merge'), cells: readCells(folder) };
}

/** Equal but for the devices, which are joined. */
function joinedFactors(parts: readonly Part[]): FactorValues {
  const [first] = parts as [Part];
  for (const { folder, record } of parts) {
    const names = ['filter', ...Object.keys(first.record.factors).filter((name) => name !== 'device')];
    const of = (part: MatrixRecord, name: string) =>
      name === 'filter' ? (part.filter ?? 'none') : (part.factors[name] ?? []).join(', ');
    const other = names.find((name) => of(record, name) !== of(first.record, name));
    if (other === undefined) continue;
    throw new UserError(
      'merge/other-factors',
      `${folder}: expected the factors of ${first.folder}, found ${other} ${of(record, other)} instead of ${of(first.record, other)}.`,
    );
  }
  const device = [...new Set(parts.flatMap(({ record }) => [...record.factors.device!]))];
  return { ...first.record.factors, device } as unknown as FactorValues;
}

/** One name is one device: where it was several, cells of each would stand in the table as those of one. */
function checkDevices(parts: readonly Part[]): void {
  const first = new Map<string, { readonly words: string; readonly folder: string }>();
  for (const { folder, record } of parts) {
    for (const { name, label, os, arch } of record.devices) {
      const words = os === undefined ? label : `${label} on ${os} ${arch}`;
      const known = first.get(name);
      first.set(name, known ?? { words, folder });
      if (!known || known.words === words) continue;
      throw new UserError(
        'merge/other-device',
        `${folder}: expected ${name} to be ${known.words} as in ${known.folder}, found ${words}. Runs of two machines need names of their own: --device ${name.split('@', 1)[0]}@NAME.`,
      );
    }
  }
}

/** A cell that is in two parts has to show the same in both. */
function joinedCells(parts: readonly Part[]): Map<string, CellResult> {
  const joined = new Map<string, CellResult>();
  const from = new Map<string, string>();
  for (const { folder, cells } of parts) {
    for (const [id, result] of cells) {
      const known = joined.get(id);
      const found =
        known && 'observation' in known && 'observation' in result
          ? differences(result.observation, known.observation)
          : known && 'observation' in known !== 'observation' in result
            ? ['refused in one of them']
            : [];
      if (found.length > 0) {
        throw new UserError(
          'merge/two-outcomes',
          `${folder}: expected the cell ${id} to show what it shows in ${from.get(id)}, found ${found.join('; ')}. Runs of two machines need names of their own: --device gpu@NAME.`,
        );
      }
      joined.set(id, result);
      from.set(id, folder);
    }
  }
  return joined;
}

/** One line for a device, whatever number of parts it ran in. */
function joinedDevice(name: string, parts: readonly Part[], asked: number): MatrixRecord['devices'][number] {
  const own = parts.flatMap(({ record }) => record.devices.filter((device) => device.name === name));
  const [first] = own as [MatrixRecord['devices'][number]];
  const sum = (key: 'observed' | 'refused' | 'seconds') =>
    own.reduce((total, device) => total + device[key], 0);
  const bad = own.find(({ status }) => status !== 'complete');
  return {
    ...first,
    ...bad,
    asked,
    observed: sum('observed'),
    refused: sum('refused'),
    seconds: sum('seconds'),
  };
}
