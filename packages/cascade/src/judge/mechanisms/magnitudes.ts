/** Magnitudes of inputs at level `full`; undefined where they were not measured. */
import type { Input } from '../inputs.ts';

/** The largest float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

/** Inputs that can hold a non-finite value: int32 and bool can not. */
export const floats = (inputs: readonly Input[]): Input[] => inputs.filter(({ health }) => health);

const isMeasured = ({ health }: Input): boolean => health?.zero !== undefined;

export const areMeasured = (inputs: readonly Input[]): boolean => floats(inputs).every(isMeasured);

/** Largest finite magnitude: 0 when no element is finite. */
export function largest(input: Input | undefined): number | undefined {
  return input && isMeasured(input) ? (input.health!.amax ?? 0) : undefined;
}

/**
 * Whether the input may hold a zero; subnormals count, as a device may flush them. True when that was not measured:
 * then the kernel's result is the only evidence there is.
 */
export function mayHoldZero(input: Input | undefined): boolean {
  if (!input?.health) return false;
  return !isMeasured(input) || input.health.zero! + input.health.subnormal! > 0;
}

/** Whether the input may hold a finite value below `bound`, or -inf. True when that was not measured. */
export function mayHoldBelow(input: Input | undefined, bound: number): boolean {
  if (!input?.health) return false;
  if (input.health.negInf > 0 || !isMeasured(input)) return true;
  return input.health.min !== undefined && input.health.min < bound;
}

/** What is known of the zeros, for an evidence: ` (3 zeros)`. */
export function zeroWords(input: Input | undefined): string {
  return input && isMeasured(input) ? ` (${input.health!.zero} zeros)` : '';
}

/** What is known of the smallest value, for an evidence: ` (smallest -1)`. */
export function smallestWords(input: Input | undefined): string {
  return input?.health?.min === undefined ? '' : ` (smallest value ${input.health.min})`;
}
