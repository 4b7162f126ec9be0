/** How numbers are written in a report. NaN and the infinities are always written out, never blank and never 0. */
import { fromJsonNumber, type JsonNumber } from '@nanscope/record';

function nonFinite(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
  return undefined;
}

/** `1.3e-7`, and `1.3e0` without a plus: one way to write a power of ten in all reports. */
function exponential(value: number, digits?: number): string {
  return value.toExponential(digits).replace('e+', 'e');
}

/** `301966` as `301,966`. */
export function count(value: number): string {
  return nonFinite(value) ?? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A measured value: eight significant digits, which tell two float32 values apart where it matters. */
export function measured(value: JsonNumber, digits = 8): string {
  const number = fromJsonNumber(value);
  const special = nonFinite(number);
  if (special !== undefined) return special;
  if (number === 0) return '0';
  const magnitude = Math.abs(number);
  return magnitude >= 1e7 || magnitude < 1e-4 ? exponential(number, digits - 4) : number.toPrecision(digits);
}

/** A share as percent, `0.03475` as `3.475 %`. */
export function percent(value: JsonNumber): string {
  const number = fromJsonNumber(value);
  return nonFinite(number) ?? `${(number * 100).toFixed(3)} %`;
}

/** A difference, two significant digits. */
export function difference(value: JsonNumber): string {
  const number = fromJsonNumber(value);
  return nonFinite(number) ?? (number === 0 ? '0' : exponential(number, 1));
}

/** A tolerance that would have passed: two digits, rounded up, so that the figure printed does pass. */
export function tolerance(value: JsonNumber): string {
  const number = fromJsonNumber(value);
  const special = nonFinite(number);
  if (special !== undefined) return special;
  if (number <= 0) return '0';
  const exponent = Math.floor(Math.log10(number));
  let tenths = Math.floor(number / 10 ** (exponent - 1));
  const written = (): string => (tenths / 10).toFixed(1);
  while (Number(`${written()}e${exponent}`) < number) tenths++;
  return tenths >= 100 ? `1.0e${exponent + 1}` : `${written()}e${exponent}`;
}

/** A tolerance as it was set: `0.0001` as `1e-4`, `0.05` as itself. */
export function setting(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-2 ? exponential(value) : String(value);
}

/** A length of time: `0.4 s`, `42 s`, `3 m 05 s`, `2 h 07 m`. */
export function duration(seconds: number): string {
  if (!(seconds >= 0) || seconds === Number.POSITIVE_INFINITY) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}

/** A rate: one decimal below 100, whole with thousands above. */
export function rate(value: number): string {
  return nonFinite(value) ?? (value < 100 ? value.toFixed(1) : count(value));
}

/** Bytes in binary units: `412 MiB`. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `1 op`, `41 ops`; `plural` where adding an s is wrong. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** The shortest decimal that is this float64. */
export const float64Words = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** The shortest decimal that is this float32: `-6.2` of -6.199999809265137. */
export function float32Words(value: number): string {
  if (!Number.isFinite(value) || value === 0) return float64Words(value);
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}
