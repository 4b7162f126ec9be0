/** The folder of a reduction: made aside, and put in its place when it is whole; an earlier one there is renamed, never lost. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { batchOf, type Case, type CaseRow, lengthOf, weightsOf } from '@nanscope/lane';
import { configJson, cutName, fileName, type ModelWeights, parameterShapes } from '@nanscope/model';
import { checkNewRun } from '@nanscope/record';
import {
  float32Tensor,
  integerTensor,
  type SafetensorsTensor,
  writeSafetensors,
} from '@nanscope/safetensors';

/**
 * @param fill gets an empty folder beside `folder`
 * @returns where an earlier reduction was moved to, if there was one
 */
export async function makeFolder(
  folder: string,
  fill: (fresh: string) => Promise<void>,
): Promise<string | undefined> {
  const place = resolve(folder);
  const fresh = `${place}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(place), { recursive: true });
    mkdirSync(fresh);
    await fill(fresh);
    let earlier: string | undefined;
    if (checkNewRun(folder, 'reduce')) {
      let n = 1;
      while (existsSync(`${place}.${n}`)) n++;
      earlier = `${place}.${n}`;
      renameSync(place, earlier);
    }
    renameSync(fresh, place);
    return earlier;
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (error instanceof UserError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new UserError(
      'run-folder/unwritable',
      `--out ${folder}: expected a folder that can be written, found ${errorLine(error)}. Name another with --out.`,
    );
  }
}

// A path as it is written in a file of a folder: relative, with slashes, told from the name of a package.

/** @param folder absolute; `path` may be relative to where this process runs */
export function pathFrom(folder: string, path: string): string {
  const found = relative(folder, path).replaceAll('\\', '/');
  return found.startsWith('.') ? found : `./${found}`;
}

// A case as files: `model/` in Hugging Face layout and `inputs.safetensors`, as `--model` and `--load-inputs` read them.

/** @param whole the weights of the run's model */
export async function writeCase(folder: string, whole: ModelWeights, candidate: Case): Promise<void> {
  const { config, values } = weightsOf(whole, candidate);
  mkdirSync(join(folder, 'model'), { recursive: true });
  writeFileSync(join(folder, 'model', 'config.json'), configJson(config));
  const weights: Record<string, SafetensorsTensor> = {};
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, n) => product * n, 1);
    weights[fileName(config, name)] = float32Tensor(shape, await values(name, size));
  }
  await writeSafetensors(join(folder, 'model', 'model.safetensors'), weights, { format: 'pt' });
  const { inputIds, attentionMask, labels, positionIds, batch, length } = batchOf(candidate);
  const grid = (numbers: Int32Array) => integerTensor([batch, length], numbers);
  await writeSafetensors(join(folder, 'inputs.safetensors'), {
    input_ids: grid(inputIds),
    attention_mask: grid(attentionMask),
    labels: grid(labels),
    position_ids: grid(positionIds),
  });
}

// In what two cases that are neighbours differ, in words. Pure.

const grids = [
  ['attention_mask', 'attentionMask'],
  ['input_ids', 'inputIds'],
  ['labels', 'labels'],
  ['position_ids', 'positionIds'],
] as const satisfies readonly (readonly [string, keyof CaseRow])[];

const lists = [
  ['layer', 'layers'],
  ['head', 'heads'],
  ['query head of a head', 'queries'],
  ['number of a head', 'dims'],
  ['channel', 'channels'],
  ['unit of the MLP', 'units'],
  ['token of the vocabulary', 'vocabulary'],
  ['position of the table', 'positions'],
] as const satisfies readonly (readonly [string, keyof Case])[];

const MOST_CELLS = 4;

function cellWords(smallest: Case, other: Case): string[] {
  return grids.flatMap(([name, grid]) => {
    const changed = smallest.rows.flatMap((row, r) =>
      row[grid].flatMap((value, t) => {
        const there = other.rows[r]![grid][t]!;
        return value === there ? [] : [`${name}[${r}][${t}] is ${there} instead of ${value}`];
      }),
    );
    const more = changed.length - MOST_CELLS;
    return more > 0 ? [...changed.slice(0, MOST_CELLS), `${more} more of ${name}`] : changed;
  });
}

/** @param other a neighbour: a single step of a reduction away from `smallest` */
export function differenceWords(smallest: Case, other: Case): string {
  const sameShape = other.rows.length === smallest.rows.length && lengthOf(other) === lengthOf(smallest);
  const counts = lists.flatMap(([name, field]) => {
    const [from, to] = [smallest[field]?.length ?? 0, other[field]?.length ?? 0];
    return from === to ? [] : [`${to} instead of ${from} of its ${name}s`];
  });
  const constant = smallest.weights.filter((name) => !other.weights.includes(name));
  const words = [
    ...(sameShape ? cellWords(smallest, other) : []),
    ...(other.rows.length === smallest.rows.length
      ? []
      : [`${other.rows.length} instead of ${smallest.rows.length} rows`]),
    ...(lengthOf(other) === lengthOf(smallest)
      ? []
      : [`${lengthOf(other)} instead of ${lengthOf(smallest)} tokens a row`]),
    ...counts,
    ...(constant.length > 0
      ? [`constant: ${constant.map((name) => cutName(name, smallest)).join(', ')}`]
      : []),
  ];
  return words.join('; ');
}
