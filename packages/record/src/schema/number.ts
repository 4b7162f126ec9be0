/** Numbers that survive JSON: NaN and the infinities travel as strings, everything else as itself. */
import { z } from 'zod';

export const jsonNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
export type JsonNumber = z.infer<typeof jsonNumber>;

/** `NaN`, `Infinity` and `-Infinity` become strings; `JSON.stringify` would make `null` of them. */
export function toJsonNumber(value: number): JsonNumber {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
  return value;
}

export function fromJsonNumber(value: JsonNumber): number {
  return typeof value === 'number' ? value : Number(value);
}

/** `JSON.stringify` with every non-finite number as its string. */
export function stringifyExact(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, item) => (typeof item === 'number' ? toJsonNumber(item) : item),
    indent,
  );
}
