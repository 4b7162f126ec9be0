/** Hand-made traces for tests: one line per op, inputs by position or by external name. */
import type { BatchTrace, ExternalRecord, Health, InputRef, OpRecord, Phase } from '../types.ts';

export const finite = (size = 4): Health => ({ size, nan: 0, posInf: 0, negInf: 0 });
export const withNaN = (nan = 1, size = 4, firstNaN = 0): Health => ({ ...finite(size), nan, firstNaN });
export const withInf = (posInf: number, negInf: number, size = 4, firstInf = 0): Health => ({
  ...finite(size),
  posInf,
  negInf,
  firstInf,
});

export interface Line {
  readonly kernel: string;
  readonly path?: string;
  readonly phase?: Phase;
  readonly in: readonly (number | string)[];
  readonly out: Health | undefined;
  readonly shape?: readonly number[];
  readonly rows?: string;
  /** Names of the inputs. Default: x0, x1, ... */
  readonly names?: readonly string[];
  /** Which result of the call; of one above 0 the first is a line further on. */
  readonly output?: number;
}

export function traceOf(lines: readonly Line[], externals: Record<string, Health> = {}): BatchTrace {
  const calls = new Map<string, number>();
  const records = lines.map(
    ({ kernel, path = '', phase = 'forward', in: inputs, out, shape, rows, names, output = 0 }): OpRecord => {
      const place = path === '' ? `${phase}/${kernel}` : `${phase}/${path}/${kernel}`;
      const call = calls.get(place) ?? 0;
      if (output === 0) calls.set(place, call + 1);
      const refs = inputs.map((from, i): InputRef => {
        const name = names?.[i] ?? `x${i}`;
        return typeof from === 'number' ? { name, record: from } : { name, external: from };
      });
      return {
        key: `${place}#${call}:${output}`,
        phase,
        path,
        kernel,
        call,
        output,
        shape: shape ?? [out?.size ?? 1],
        dtype: out ? 'float32' : 'int32',
        inputs: refs,
        ...(out && { health: out }),
        ...(rows !== undefined && { rows }),
      };
    },
  );
  const outside = Object.entries(externals).map(([name, health]): [string, ExternalRecord] => [
    name,
    { shape: [health.size], dtype: 'float32', health },
  ]);
  return {
    batch: 0,
    level: 'health',
    source: { backend: 'cpu', strictNumerics: true, method: 'by hand' },
    records,
    externals: Object.fromEntries(outside),
    bytesRead: 0,
  };
}
