/**
 * Weights that are not finite, told when they are loaded: an embedding row that no token of a batch takes never passes a
 * kernel, so that no trace would show it.
 */
import type { ModelNote } from './facts.ts';

/** The exponent of a float32, all ones for NaN and infinities. */
const EXPONENT = 0x7f800000;

/** `[13, 0]` */
function placeOf(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = index;
  for (const length of [...shape].reverse()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return `[${place.join(', ')}]`;
}

/** @returns the note of a report; undefined when every value is finite */
export function nonFiniteNote(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): ModelNote | undefined {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let [nan, infinite, first] = [0, 0, -1];
  for (let i = 0; i < words.length; i++) {
    if ((words[i]! & EXPONENT) !== EXPONENT) continue;
    if (first < 0) first = i;
    if ((words[i]! & 0x7fffff) === 0) infinite++;
    else nan++;
  }
  if (first < 0) return undefined;
  const counts = [
    ...(nan > 0 ? [`${nan} NaN`] : []),
    ...(infinite > 0 ? [infinite === 1 ? '1 infinity' : `${infinite} infinities`] : []),
  ];
  return {
    about: 'weights',
    text: `a weight is not finite as it is stored: ${name} holds ${counts.join(' and ')}, the first at ${placeOf(first, shape)}`,
  };
}
