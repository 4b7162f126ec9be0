/**
 * The layout of `sdpa-fully-masked`: output and gradients of problems with fully masked rows, and where the two
 * unguarded forms (fill: -inf selected, add: -inf added) are NaN. The NaN must be there: repairing it would be as
 * wrong for those policies as making it for the others.
 */
import { join } from 'node:path';
import { type Policy, policies, policyFrom } from '@nanscope/attention';
import { readSafetensors, type SafetensorsFile, toFloat32, toIntegers } from '@nanscope/safetensors';
import {
  type AttentionNumbers,
  type AttentionProblem,
  type Comparison,
  type ConformCase,
  tensorNames,
  withGradients,
} from '../case.ts';
import { largest } from '../judge/compare.ts';
import { spoiledControls, unmaskedControl } from '../judge/verdict.ts';
import { badVectors, isObject, type Json, textOf } from './json-file.ts';

/** Policies under which a fully masked row is 0 and has no gradient. */
const guarded: readonly Policy[] = [policies.safe, policies['torch-2.5'], policies['onnx-1.23']];

const naive = {
  fill: policyFrom({ preset: 'jax', fill: 'select-inf' }),
  add: policies['torch-2.4'],
} as const;
type Form = keyof typeof naive;

/** The vectors' own rounding, where their index does not state it: a few ulp of float32. */
const FLOOR = 8 * 2 ** -24;

/** The ids of a case, before it is read. */
export function fullyMaskedIds(name: string): string[] {
  return [`${name};grad`, `${name};nan=fill`, `${name};nan=add`].map((rest) => `sdpa-fully-masked:${rest}`);
}

/** @throws UserError */
export async function readFullyMasked(folder: string, entry: Json): Promise<ConformCase[]> {
  const index = join(folder, 'index.json');
  const file = await readSafetensors(join(folder, textOf(index, entry, 'file')));
  const problem = await problemOf(file);
  const [grad, fill, add] = fullyMaskedIds(textOf(index, entry, 'name')) as [string, string, string];
  const noise = isObject(entry.float32_vs_float64_max_abs) ? entry.float32_vs_float64_max_abs : {};
  return [
    await gradientCase(grad, problem, file, noise),
    await nanCase(fill, problem, file, 'fill'),
    await nanCase(add, problem, file, 'add'),
  ];
}

async function problemOf(file: SafetensorsFile): Promise<AttentionProblem> {
  const shapes = Object.fromEntries(['q', 'k', 'v', 'dout'].map((name) => [name, file.info(name).shape]));
  const { q, k, v } = shapes as Record<'q' | 'k' | 'v', readonly number[]>;
  const [B, H, T, D] = q as [number, number, number, number];
  const [, Hkv, S] = k as [number, number, number, number];
  const Dv = v[3]!;
  const wanted = { q: [B, H, T, D], k: [B, Hkv, S, D], v: [B, Hkv, S, Dv], dout: [B, H, T, Dv] };
  for (const [name, shape] of Object.entries(shapes))
    if (shape.length !== 4 || `${shape}` !== `${wanted[name as keyof typeof wanted]}`)
      throw badVectors(
        file.path,
        `q, k, v and dout that fit each other`,
        Object.entries(shapes)
          .map(([each, size]) => `${each} [${size}]`)
          .join(', '),
      );
  const numbers = await Promise.all(['q', 'k', 'v', 'dout'].map((name) => floats(file, name)));
  const mask = await file.read('mask');
  const target = [B, H, T, S].slice(-mask.shape.length);
  if (
    mask.dtype !== 'BOOL' ||
    mask.shape.length > 4 ||
    mask.shape.some((size, d) => size !== 1 && size !== target[d])
  )
    throw badVectors(
      file.path,
      `mask to be BOOL, broadcastable to [${[B, H, T, S].join(', ')}]`,
      `${mask.dtype} [${mask.shape.join(', ')}]`,
    );
  return {
    ...{ B, H, Hkv, T, S, D, Dv, policy: policies.safe },
    ...{ q: numbers[0]!, k: numbers[1]!, v: numbers[2]!, dout: numbers[3]! },
    mask: { explicit: { values: mask.data, shape: mask.shape, dtype: 'bool' } },
  };
}

async function floats(file: SafetensorsFile, name: string): Promise<Float32Array> {
  const { dtype, shape } = file.info(name);
  if (!['F64', 'F32', 'F16', 'BF16'].includes(dtype))
    throw badVectors(file.path, `${name} to be a float tensor`, `${dtype} [${shape.join(', ')}]`);
  return toFloat32(await file.read(name));
}

/** @throws UserError unless it has as many numbers as the tensor whose values it tells. */
function sameSize(
  file: SafetensorsFile,
  name: string,
  like: ArrayLike<number>,
  found: ArrayLike<number>,
): void {
  if (found.length !== like.length)
    throw badVectors(file.path, `${name} of ${like.length} numbers`, `${found.length}`);
}

async function gradientCase(
  id: string,
  problem: AttentionProblem,
  file: SafetensorsFile,
  noise: Json,
): Promise<ConformCase> {
  const numbers = await Promise.all(tensorNames.map((name) => floats(file, name)));
  const like = [problem.dout!, problem.q, problem.k, problem.v];
  for (const [place, name] of tensorNames.entries()) sameSize(file, name, like[place]!, numbers[place]!);
  const allowed = tensorNames.map((name, place) => {
    const stated = noise[name];
    return Math.max(typeof stated === 'number' ? 2 * stated : 0, FLOOR * largest(numbers[place]!));
  });
  return {
    id,
    accuracy:
      'NaN nowhere, at most twice the error of plain float32 that the vectors state, or 8 ulp of the largest number',
    runs: guarded.map((policy) => ({ problem: { ...problem, policy }, wanted: withGradients })),
    judge(results) {
      const comparisons = results.flatMap((actual, run) =>
        tensorNames.map(
          (name, place): Comparison => ({
            name: `${name} under ${guarded[run]!.name}`,
            actual: actual[name],
            expected: numbers[place]!,
            allowed: allowed[place]!,
          }),
        ),
      );
      const first = results[0]!;
      return {
        comparisons,
        controls: [
          ...spoiledControls(comparisons),
          ...unmaskedControl(problem, first, numbers[0]!, allowed[0]!),
        ],
      };
    },
  };
}

async function nanCase(
  id: string,
  problem: AttentionProblem,
  file: SafetensorsFile,
  form: Form,
): Promise<ConformCase> {
  const like = [problem.dout!, problem.q, problem.k, problem.v];
  const places = await Promise.all(
    tensorNames.map(async (name, place) => {
      const tensor = `naive_${form}_nan_${name}`;
      const { dtype } = file.info(tensor);
      if (dtype !== 'BOOL') throw badVectors(file.path, `${tensor} to be BOOL`, dtype);
      const found = toIntegers(await file.read(tensor));
      sameSize(file, tensor, like[place]!, found);
      return found;
    }),
  );
  const comparisons = (actual: AttentionNumbers, expected: readonly ArrayLike<number>[]): Comparison[] =>
    tensorNames.map((name, place) => ({
      name: `NaN of ${name}`,
      actual: actual[name] && Array.from(actual[name], (x) => Number(Number.isNaN(x))),
      expected: expected[place]!,
      allowed: 0,
    }));
  return {
    id,
    accuracy: 'NaN at exactly these places',
    runs: [{ problem: { ...problem, policy: naive[form] }, wanted: withGradients }],
    judge: ([actual]) => {
      const own = comparisons(actual!, places);
      return { comparisons: own, controls: spoiledControls(own) };
    },
  };
}
