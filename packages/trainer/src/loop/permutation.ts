/**
 * The order in which rows are seen. An epoch's order is a pure function of (seed, epoch), so that a resumed run needs
 * no saved generator: it asks for the same permutation again.
 */
import { philoxReader } from '@nanscope/backend';

/**
 * 0..size-1 in the random order of one epoch: Fisher and Yates over words of a Philox stream.
 *
 * @param seed A whole number from 0 to 2^53 - 1.
 */
export function epochOrder(size: number, seed: number, epoch: number): Uint32Array {
  const word = philoxReader({ seed, site: 'shuffle', step: epoch });
  const order = Uint32Array.from({ length: size }, (_, at) => at);
  for (let last = size - 1; last > 0; last--) {
    const other = Math.floor((word(last) / 2 ** 32) * (last + 1));
    const kept = order[last]!;
    order[last] = order[other]!;
    order[other] = kept;
  }
  return order;
}
