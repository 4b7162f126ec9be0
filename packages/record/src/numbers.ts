/** Comparing two numbers: classes before magnitudes, and every comparison written so that NaN fails it. */

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

export type NumberClass = 'finite' | 'NaN' | 'Infinity' | '-Infinity';

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
