/** The tiny models of golden/decoder-options (models.py): weights by a formula of their names, and the batch they are given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const golden = fileURLToPath(new URL('../../golden/decoder-options', import.meta.url));
export const readJson = (name: string) => JSON.parse(readFileSync(join(golden, name), 'utf8'));

interface Case {
  readonly family: string;
  readonly settings?: object;
  readonly without?: readonly string[];
}

interface Recorded {
  readonly loss: number;
  readonly loss_float32: number;
  readonly gradient_norms: Readonly<Record<string, number>>;
}

interface CaseFile {
  readonly batch: Readonly<Record<'ids' | 'mask' | 'positions' | 'labels', number[][]>>;
  readonly base: object;
  readonly families: Readonly<Record<string, object>>;
  readonly cases: Readonly<Record<string, Case>>;
}
const caseFile = readJson('cases.json') as CaseFile;

export const { cases } = caseFile;

/** What transformers gave, by the name of the case. */
export const recorded = readJson('transformers-5.24.0.json') as Record<string, Recorded>;

/** The config.json of a case. */
export function configOf({ family, settings, without = [] }: Case): Record<string, unknown> {
  const all = { ...caseFile.base, ...caseFile.families[family], ...settings, model_type: family };
  return Object.fromEntries(Object.entries(all).filter(([key]) => !without.includes(key)));
}

/** Numbers from -0.5 to 0.5, as in the maker: FNV-1a of the name, then a mixing of 32 bits. */
function valuesOf(name: string, size: number): number[] {
  let seed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  return Array.from({ length: size }, (_, i) => {
    let x = (seed + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  });
}

/** By name, for a family whose norms are scaled around 1, or for Gemma around 0. */
export function weightsOf(family: string) {
  const base = family.startsWith('gemma') ? 0 : 1;
  return async (name: string, size: number) => {
    const isScale = name.includes('norm') && name.endsWith('weight');
    return Float32Array.from(valuesOf(name, size), (v) => (isScale ? base + 0.4 * v : 0.8 * v));
  };
}

const { ids, mask, positions, labels: labelRows } = caseFile.batch;
export const batch = {
  shape: [ids.length, ids[0]!.length] as const,
  inputIds: ids.flat(),
  attentionMask: mask.flat(),
  positionIds: positions.flat(),
};

export const labels = labelRows.flat();
