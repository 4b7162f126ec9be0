/**
 * Makes strings from data (label text, file names, driver descriptions, failure messages) harmless on a
 * terminal: nothing in them can move the cursor, change a colour, reorder a line or hide itself. It runs once
 * over the whole record before any layout, so that no section can forget it and widths are those printed.
 */

// Comparing two numbers: classes before magnitudes, and every comparison written so that NaN fails it.

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

type NumberClass = 'finite' | 'NaN' | 'Infinity' | '-Infinity';

export function numberClass(value: number): NumberClass {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return 'finite';
  return value > 0 ? 'Infinity' : '-Infinity';
}

/** The smallest rtol at this atol that would let two finite numbers pass; Infinity when their classes differ. */
export function requiredRtol(target: number, reference: number, atol: number): number {
  if (numberClass(target) !== numberClass(reference)) return Number.POSITIVE_INFINITY;
  if (!Number.isFinite(reference)) return 0;
  const excess = Math.abs(target - reference) - atol;
  if (excess <= 0) return 0;
  return reference === 0 ? Number.POSITIVE_INFINITY : excess / Math.abs(reference);
}

/** Same class, and when finite within atol + rtol |reference|. */
export function sameNumber(target: number, reference: number, { rtol, atol }: Tolerance): boolean {
  if (numberClass(target) !== numberClass(reference)) return false;
  return !Number.isFinite(reference) || Math.abs(target - reference) <= atol + rtol * Math.abs(reference);
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001b': '\\e' };

const plainEquivalents: Readonly<Record<string, string>> = {
  '→': '->',
  '←': '<-',
  '·': '-',
  '•': '*',
  '×': 'x',
  '…': '...',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '≠': '!=',
  '≤': '<=',
  '≥': '>=',
  '±': '+-',
  '∞': 'inf',
};

function escaped(character: string): string {
  return named[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

/**
 * Control, format, surrogate, private and unassigned characters and line separators become visible escapes.
 * With `unicode` false, everything outside ASCII does, but for a few signs that have a plain spelling.
 */
export function sanitize(text: string, unicode = true): string {
  const safe = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);
  if (unicode) return safe;
  return safe.replace(/[^ -~]/gu, (character) => plainEquivalents[character] ?? escaped(character));
}

/** No record of ours is nested like this; one that is was made to exhaust the stack. */
const DEEPEST = 100;

/** The same record with every string in it sanitised, keys of objects included. */
export function sanitizeRecord<T>(value: T, unicode = true): T {
  const walk = (item: unknown, depth: number): unknown => {
    if (depth > DEEPEST) return 'too deep';
    if (typeof item === 'string') return sanitize(item, unicode);
    if (Array.isArray(item)) return item.map((inner) => walk(inner, depth + 1));
    if (item !== null && typeof item === 'object') {
      return Object.fromEntries(
        Object.entries(item).map(([key, inner]) => [sanitize(key, unicode), walk(inner, depth + 1)]),
      );
    }
    return item;
  };
  return walk(value, 0) as T;
}
