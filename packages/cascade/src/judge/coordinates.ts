/** Turns a flat index into coordinates with names, from the shape, the module path and the letters B and T. */
import type { OpRecord } from '../types.ts';
import { type BatchContext, inScope } from './context.ts';

export interface Coordinates {
  readonly coordinates: readonly number[];
  /** `batch`, `head`, `query`, `key`, `position`, `channel`, `token`, `row`, `index`, or `dimension n`. */
  readonly coordinateNames: readonly string[];
}

/** Row-major. */
export function unravel(index: number, shape: readonly number[]): number[] {
  const coordinates = new Array<number>(shape.length);
  let rest = index;
  for (let d = shape.length - 1; d >= 0; d--) {
    coordinates[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return coordinates;
}

const overKeys = ['scores', 'softcap', 'mask', 'masked', 'probs', 'probabilities'];

/** Splits a leading dimension of `size` rows into named ones, when B and T explain it. */
function leading(size: number, context: BatchContext | undefined): { sizes: number[]; names: string[] } {
  if (context && size === context.batch * context.positions) {
    return { sizes: [context.batch, context.positions], names: ['batch', 'position'] };
  }
  // Shifted for the causal loss: the last position of each row predicts nothing.
  if (context && context.positions > 1 && size === context.batch * (context.positions - 1)) {
    return { sizes: [context.batch, context.positions - 1], names: ['batch', 'position'] };
  }
  return { sizes: [size], names: ['row'] };
}

/** [B, H, T, S] where scores are at home; elsewhere heads [B, H, T, D], before or after their transpose. */
function attentionNames(record: OpRecord, keys: boolean, context: BatchContext | undefined): string[] {
  if (keys) return ['batch', 'head', 'query', 'key'];
  if (inScope(record, 'context') || record.kernel === 'FusedAttention')
    return ['batch', 'head', 'query', 'channel'];
  const [, second, third] = record.shape;
  const transposed = context && second === context.positions && third !== context.positions;
  return transposed ? ['batch', 'position', 'head', 'channel'] : ['batch', 'head', 'position', 'channel'];
}

/** The shape as the reader thinks of it: [B*T, C] is [B, T, C]. */
function namedShape(record: OpRecord, context?: BatchContext): { sizes: number[]; names: string[] } {
  const shape = [...record.shape];
  const rank = shape.length;
  const keys = inScope(record, ...overKeys);
  const channel = inScope(record, 'lm_head') ? 'token' : 'channel';
  if (rank === 4) return { sizes: shape, names: attentionNames(record, keys, context) };
  if (rank === 3 && context && keys && shape[0]! > context.batch && shape[0]! % context.batch === 0) {
    const heads = shape[0]! / context.batch;
    return { sizes: [context.batch, heads, shape[1]!, shape[2]!], names: ['batch', 'head', 'query', 'key'] };
  }
  if (rank === 3) return { sizes: shape, names: ['batch', 'position', channel] };
  if (rank === 2) {
    if (context && shape[0] === context.batch && shape[1] === context.positions) {
      return { sizes: shape, names: ['batch', 'position'] };
    }
    const { sizes, names } = leading(shape[0]!, context);
    return { sizes: [...sizes, shape[1]!], names: [...names, channel] };
  }
  if (rank === 1) {
    const { sizes, names } = leading(shape[0]!, context);
    return { sizes, names: names[0] === 'row' ? ['index'] : names };
  }
  return { sizes: shape, names: shape.map((_, d) => `dimension ${d}`) };
}

export function coordinatesOf(record: OpRecord, index: number, context?: BatchContext): Coordinates {
  const { sizes, names } = namedShape(record, context);
  return { coordinates: unravel(index, sizes), coordinateNames: names };
}

/** The coordinate of that name, or undefined. */
export function coordinate({ coordinates, coordinateNames }: Coordinates, name: string): number | undefined {
  const at = coordinateNames.indexOf(name);
  return at < 0 ? undefined : coordinates[at];
}
