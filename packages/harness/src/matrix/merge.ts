/**
 * `nanscope merge`: the parts of a matrix that ran elsewhere as one table. What is merged must be of one factorial; the
 * union is verified: every cell of it there, none with two outcomes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import {
  cellId,
  cellsOf,
  conditionsFrom,
  differences,
  type FactorValues,
  meets,
} from '@nanscope/experiments';
import { type MatrixRecord, matrixSchema, SCHEMA_VERSION } from '@nanscope/report';
import { defaultRunFolder } from '../eval/run-folder-name.ts';
import type { CellResult } from '../experiments/task.ts';
import { makeRunFolder, moveAside, writeJson } from '../run-folder/write.ts';
import { appendCells, readCells } from './cells-file.ts';
import { matrixRecord } from './matrix-record.ts';

interface Part {
  readonly folder: string;
  readonly record: MatrixRecord;
  readonly cells: ReadonlyMap<string, CellResult>;
}

/**
 * @param folders of matrix runs, shards of one or runs of several devices
 * @throws UserError `merge/no-matrix`, `merge/other-factors`, `merge/two-outcomes`, before anything is written
 */
export function mergeMatrices(
  folders: readonly string[],
  out: string | undefined,
  command: string,
): MatrixRecord {
  const parts = folders.map(readPart);
  const values = joinedFactors(parts);
  const results = joinedCells(parts);
  const filter = parts[0]!.record.filter;
  const asked = filter === undefined ? {} : conditionsFrom(filter);
  const wanted = cellsOf(values).filter((cell) => meets(cell, { ...asked, device: cell.device }));
  const missing = wanted.filter((cell) => !results.has(cellId(cell)));
  const folder = out ?? defaultRunFolder(new Date());
  moveAside(folder);
  makeRunFolder(folder);
  appendCells(folder, [...results.values()]);
  const record = matrixRecord(
    {
      ...{ schemaVersion: SCHEMA_VERSION, kind: 'matrix', command, folder },
      status: missing.length === 0 ? 'complete' : 'incomplete',
      factors: values,
      ...(filter !== undefined && { filter }),
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
  const path = join(folder, 'run.json');
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(
      'merge/no-matrix',
      `${path}: expected the run.json of a matrix, found ${errorLine(error)}.`,
    );
  }
  const parsed = matrixSchema.safeParse(content);
  if (parsed.success) return { folder, record: parsed.data, cells: readCells(folder) };
  const { kind, schemaVersion } = (content ?? {}) as { kind?: unknown; schemaVersion?: unknown };
  const found =
    kind === 'matrix'
      ? `a matrix of schema version ${schemaVersion} that does not read as one`
      : `${kind ?? 'no kind'}`;
  throw new UserError('merge/no-matrix', `${path}: expected a run of kind matrix, found ${found}.`);
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
