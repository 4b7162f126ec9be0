/** What the oracle does to the scores of one query, by the policy. The counterpart of prepare-mask.ts, on numbers. */
import { roundNumberTo } from '../kernels/rounding.ts';
import { roundsScores } from '../policy.ts';
import type { ReferenceProblem } from './problem.ts';

// What each mask allows of a cell of a query's row of scores, a bit each.
const CAUSAL = 1;
const WINDOW = 2;
const PADDING = 4;
const EXPLICIT = 8;
/** Allowed under the composition, before the row guard. */
const ALLOWED = CAUSAL | WINDOW | PADDING | EXPLICIT;

interface RowMask {
  /** False where no key is allowed. */
  readonly live: boolean;
  /** `score` at key s after fill and bias. */
  masked(score: number, s: number): number;
  /** Whether the gradient of the masked score reaches the score: a select keeps it back. */
  passesGradient(s: number): boolean;
}

export function rowMask(problem: ReferenceProblem, b: number, h: number, t: number): RowMask {
  const { policy } = problem;
  const round = roundsScores(policy)
    ? (x: number) => roundNumberTo(x, policy.computeDtype)
    : overflowToInfinity;
  const value = round(policy.fill.value);
  const { cells, biases } = cellsOf(problem, b, h, t);
  const live = cells.includes(ALLOWED);
  const own = positionOf(problem, t);
  const select = policy.fill.how === 'select';
  const opened = (s: number) =>
    !live &&
    (policy.rowGuard === 'attend-all' ||
      (policy.rowGuard === 'zeros' && !select) ||
      (policy.rowGuard === 'self' && s === own));
  const twice = policy.compose === 'causal-twice' && problem.mask?.causal === true && !select;
  // A finite fill does not lift what the caller's own float mask set to -inf.
  const leaves =
    Number.isFinite(value) && policy.rowGuard !== 'zeros' && problem.mask?.explicit?.dtype === 'float32';
  const needed = leaves ? ALLOWED & ~EXPLICIT : ALLOWED;
  const selected = (s: number) =>
    !opened(s) && (select ? (cells[s]! & needed) !== needed : twice && !(cells[s]! & CAUSAL));
  const guarded = !live && policy.rowGuard === 'zeros' && policy.guardReads === 'mask';
  const sum = (a: number, b: number) => round(a + b);
  return {
    live,
    masked(score, s) {
      const bias = opened(s) && biases[s] === Number.NEGATIVE_INFINITY ? 0 : biases[s]!;
      if (select) return selected(s) ? value : bias === 0 ? score : sum(score, bias);
      const allowed = opened(s) || cells[s] === ALLOWED;
      const blocks = allowed ? 0 : policy.compose === 'add' ? blockCount(cells[s]!, biases[s]!) : 1;
      let fill = 0;
      for (let i = 0; i < blocks; i++) fill = sum(fill, value);
      const total = sum(bias, fill);
      const before = selected(s) ? value : score;
      if (total === 0) return before;
      // -1e9 swallows a score in float32 and not in float64: what is swallowed is the policy, not a rounding error.
      return fill === 0 ? sum(before, total) : Math.fround(sum(before, total));
    },
    passesGradient: (s) => !selected(s) && !guarded,
  };
}

/** The key position at which query t stands. */
function positionOf({ mask, T, S }: ReferenceProblem, t: number): number {
  return t + (mask?.offset ?? S - T);
}

/** The cells of a row, and beside them the explicit mask where it is float, else zeros. */
function cellsOf(problem: ReferenceProblem, b: number, h: number, t: number) {
  const { mask = {}, policy, S } = problem;
  const { explicit } = mask;
  const cells = new Uint8Array(S);
  const biases = new Float64Array(S);
  const dropped =
    policy.compose === 'causal-dropped' && (mask.padding !== undefined || explicit !== undefined);
  const at = positionOf(problem, t);
  for (let s = 0; s < S; s++) {
    if (!mask.causal || dropped || s <= at) cells[s]! |= CAUSAL;
    if (mask.window === undefined || s > at - mask.window) cells[s]! |= WINDOW;
    if (mask.padding === undefined || mask.padding[b * S + s] !== 0) cells[s]! |= PADDING;
    const given = explicit && explicit.values[explicitIndex(explicit.shape, b, h, t, s)]!;
    const isBool = explicit?.dtype === 'bool';
    if (given === undefined || (isBool ? given !== 0 : given !== Number.NEGATIVE_INFINITY))
      cells[s]! |= EXPLICIT;
    if (given !== undefined && !isBool)
      biases[s] = policy.computeDtype === 'f32' ? given : roundNumberTo(given, policy.computeDtype);
  }
  return { cells, biases };
}

/** How many of the separately added masks block a cell. A float mask is added by itself and not counted. */
function blockCount(cell: number, bias: number): number {
  const order = CAUSAL | WINDOW;
  return (
    Number((cell & order) !== order) + Number(!(cell & PADDING)) + Number(!(cell & EXPLICIT) && bias === 0)
  );
}

function explicitIndex(shape: readonly number[], ...at: readonly number[]): number {
  return shape.reduce((index, n, d) => index * n + (n === 1 ? 0 : at[4 - shape.length + d]!), 0);
}

/** float32's range without its precision: fills overflow as they do on a device. */
function overflowToInfinity(x: number): number {
  const single = Math.fround(x);
  return Number.isFinite(single) ? x : single;
}

// The oracle's `clearMasked`: rows that take part in nothing are 0 before any product, whatever they hold.

interface Cleared {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  /** `[B, H, T]`: whether the query row was kept. */
  readonly liveQueries: Uint8Array;
  /** `[B, S]`: whether the key's rows were kept. */
  readonly liveKeys: Uint8Array;
}

export function cleared(problem: ReferenceProblem): Cleared {
  const { B, H, Hkv, T, S, D, Dv, policy } = problem;
  const [q, k, v] = [problem.q, problem.k, problem.v].map((x) => Float64Array.from(x)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const liveQueries = new Uint8Array(B * H * T).fill(1);
  const liveKeys = new Uint8Array(B * S).fill(1);
  if (!policy.clearMasked) return { q, k, v, liveQueries, liveKeys };
  liveKeys.fill(0);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < T; t++) {
        const mask = rowMask(
          { ...problem, policy: { ...policy, fill: { how: 'select', value: Number.NEGATIVE_INFINITY } } },
          b,
          h,
          t,
        );
        liveQueries[(b * H + h) * T + t] = Number(mask.live);
        // Under `zeros` a dead row attends to nothing; under the other guards to what they open.
        const attends = mask.live || policy.rowGuard !== 'zeros';
        for (let s = 0; s < S; s++) if (attends && mask.passesGradient(s)) liveKeys[b * S + s] = 1;
      }
    }
  }
  clearRows(q, liveQueries, D, (row) => row);
  clearRows(k, liveKeys, D, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  clearRows(v, liveKeys, Dv, (row) => Math.floor(row / (Hkv * S)) * S + (row % S));
  return { q, k, v, liveQueries, liveKeys };
}

export function clearRows(
  x: Float64Array,
  live: Uint8Array,
  width: number,
  index: (row: number) => number,
): void {
  for (let row = 0; row < x.length / width; row++) {
    if (!live[index(row)]) x.fill(0, row * width, (row + 1) * width);
  }
}
