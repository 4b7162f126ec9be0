/** Reads the words that the WGSL counter left behind. */
import type { Health } from '../types.ts';
import { FULL_WORKGROUPS, WORD } from './webgpu-shader.ts';

const float = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

function magnitudes(words: Uint32Array, finite: number): Partial<Health> {
  const zero = words[WORD.zero]!;
  const subnormal = words[WORD.subnormal]!;
  if (finite === 0) return { zero, subnormal };
  const ordered = ~words[WORD.min]! >>> 0;
  const minBits = ordered >>> 31 === 1 ? ordered & 0x7fffffff : ~ordered >>> 0;
  const sums = new Float32Array(words.slice(WORD.partialSums, WORD.partialSums + FULL_WORKGROUPS).buffer);
  let sum = 0;
  for (const partial of sums) sum += partial;
  return { zero, subnormal, amax: float(words[WORD.amax]!), min: float(minBits), mean: sum / finite };
}

/** @param words the tensor's words, laid out as `WORD` says */
export function healthFromWords(words: Uint32Array, size: number, full: boolean): Health {
  const nan = words[WORD.nan]!;
  const posInf = words[WORD.posInf]!;
  const negInf = words[WORD.negInf]!;
  return {
    size,
    nan,
    posInf,
    negInf,
    ...(nan > 0 && { firstNaN: size - words[WORD.firstNaN]! }),
    ...(posInf + negInf > 0 && { firstInf: size - words[WORD.firstInf]! }),
    ...(full && magnitudes(words, size - nan - posInf - negInf)),
  };
}

/** One character per row from the kinds the counter or-ed together: 1 NaN, 2 infinity. */
export function rowsFromWords(words: Uint32Array): string {
  return Array.from(words, (kind) => (kind & 1 ? 'N' : kind & 2 ? 'I' : '.')).join('');
}
