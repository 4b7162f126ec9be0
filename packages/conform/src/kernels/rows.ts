/** Rows of numbers for kernels that normalise: how they are read, and the ordinary ones that hostile cases change. */
import { numbers } from '../case.ts';

/** The element of channel `c` in row `n`. */
export type Element = (c: number, n: number) => number;

/** Rows of a matrix. */
export const rowsOf = (values: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, n) =>
    Array.from({ length: width }, (_, c) => values[n * width + c]!),
  );

/** Numbers up to 2, and the same with one of row 1 replaced: the other rows have to stay what they are. */
export function rowElements(seed: number) {
  const wave = numbers(seed, 2048, 2);
  const ordinary: Element = (c, n) => wave[(n * 617 + c) % wave.length]!;
  const inRowOne =
    (value: number): Element =>
    (c, n) =>
      n === 1 && c === 5 ? value : ordinary(c, n);
  return { ordinary, inRowOne };
}
