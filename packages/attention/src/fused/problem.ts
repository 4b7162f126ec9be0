/**
 * One fused attention call as plain numbers: sizes, and the policy's words in the form the shaders branch on.
 * Pure. All of it reaches the shaders as uniforms, so that a policy or a mask never costs another compilation.
 */
import { roundToHalfNumber } from '../kernels/rounding.ts';
import { type Policy, roundsScores, scalesProduct } from '../policy.ts';

/** What a call adds to its tensors. */
export interface FusedAttrs {
  readonly policy: Policy;
  readonly scale: number;
  readonly softcap: number | undefined;
  readonly causal: boolean;
  readonly offset: number | undefined;
  readonly window: number | undefined;
}

export interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headSize: number;
  readonly valueSize: number;
}

/** `[B, H, T, D]`, `[B, Hkv, S, D]`, `[B, Hkv, S, Dv]` */
export function sizesOf(q: readonly number[], k: readonly number[], v: readonly number[]): Sizes {
  const [batch, heads, queries, headSize] = q as [number, number, number, number];
  return { batch, heads, keyHeads: k[1]!, queries, keys: k[2]!, headSize, valueSize: v[3]! };
}

/** What came as tensors beside q, k and v, by what a shader must know of it. */
interface GivenTensors {
  readonly padding: boolean;
  readonly sinks: boolean;
  readonly explicit: { readonly shape: readonly number[]; readonly dtype: string } | undefined;
}

/** What the explicit mask is. */
const explicits = ['none', 'bool', 'float'] as const;
/** What becomes of a row without a key; `cleared`: zeros under `clearMasked`, exact whatever the row held. */
const guards = ['none', 'zeros', 'self', 'attend-all', 'cleared'] as const;

export interface Problem extends Sizes {
  readonly attrs: FusedAttrs;
  readonly half: boolean;
  /** Whether there are sinks. */
  readonly sunk: boolean;
  /** Whether scores and masked scores are rounded to half. */
  readonly roundsScores: boolean;
  /** The scale, by where it is put: one of the two is 1. */
  readonly queryScale: number;
  readonly productScale: number;
  readonly causal: boolean;
  /** The key position of query 0. */
  readonly offset: number;
  /** 0: none. */
  readonly window: number;
  readonly padded: boolean;
  readonly explicitKind: number;
  /** Elements that the explicit mask moves per batch row, head, query and key. */
  readonly explicitStep: readonly [number, number, number, number];
  readonly guard: number;
  readonly select: boolean;
  /** Rows that become 0 are found in the mask, or leave no trace in the scores: theirs count as 0, without a gradient. */
  readonly even: boolean;
  /** A finite fill does not lift what the caller's own float mask set to -inf. */
  readonly leaves: boolean;
  /** Each mask is added by itself. */
  readonly separate: boolean;
  /** The causal mask is selected before the sum of all is added. */
  readonly twice: boolean;
  /**
   * Tiles that are blocked throughout need no visit where all that a batch row holds is small enough (`largest`): a
   * blocked cell has the weight 0 and a dead row the value 0, so that they add 0. Elsewhere 0 * NaN is what it is.
   */
  readonly skip: boolean;
  /** Numbers up to this size have products and sums of products that are finite. */
  readonly largest: number;
  /** `clearMasked`: rows of q, k and v that take part in nothing are read as 0. */
  readonly clear: boolean;
  /** Whether a shader has to know which queries are without a key. */
  readonly needsLive: boolean;
  /** Sums of 0, 1, 2, 3 fills, each rounded as the policy says. */
  readonly fill: readonly [number, number, number, number];
}

export function problemOf(sizes: Sizes, tensors: GivenTensors, attrs: FusedAttrs): Problem {
  const { policy } = attrs;
  const half = policy.computeDtype === 'f16';
  const rounds = roundsScores(policy);
  const late = scalesProduct(policy);
  const round = rounds ? roundToHalfNumber : Math.fround;
  const value = round(policy.fill.value);
  const masked = tensors.padding || tensors.explicit !== undefined;
  const causal = attrs.causal && !(policy.compose === 'causal-dropped' && masked);
  const constrained = causal || attrs.window !== undefined || masked;
  const select = policy.fill.how === 'select';
  const clear = policy.clearMasked === true && constrained;
  const twice2 = round(value + value);
  const zeros = policy.rowGuard === 'zeros';
  const isFloat = tensors.explicit !== undefined && tensors.explicit.dtype !== 'bool';
  return {
    ...sizes,
    attrs,
    half,
    sunk: tensors.sinks,
    roundsScores: rounds,
    queryScale: late ? 1 : attrs.scale,
    productScale: late ? attrs.scale : 1,
    causal,
    offset: attrs.offset ?? sizes.keys - sizes.queries,
    window: attrs.window ?? 0,
    padded: tensors.padding,
    explicitKind: explicits.indexOf(tensors.explicit ? (isFloat ? 'float' : 'bool') : 'none'),
    explicitStep: stepsFour(tensors.explicit?.shape ?? []),
    guard: guards.indexOf(zeros && policy.clearMasked ? 'cleared' : policy.rowGuard),
    select,
    even: zeros && !policy.clearMasked && (select || policy.guardReads === 'mask'),
    leaves: select && !zeros && isFloat && Number.isFinite(value),
    separate: policy.compose === 'add',
    twice: policy.compose === 'causal-twice' && causal && !select,
    // What a float mask adds to a blocked cell may be anything.
    skip: clear && zeros && !isFloat && value === Number.NEGATIVE_INFINITY,
    largest: half ? 3e4 : 1e18,
    clear,
    needsLive: constrained && (policy.rowGuard !== 'none' || policy.clearMasked === true),
    fill: [0, value, twice2, round(twice2 + value)],
  };
}

/** Row-major steps of a shape aligned at the right of four axes; 0 where it repeats. */
function stepsFour(shape: readonly number[]): [number, number, number, number] {
  const steps: [number, number, number, number] = [0, 0, 0, 0];
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    steps[4 - shape.length + axis] = shape[axis] === 1 ? 0 : step;
    step *= shape[axis]!;
  }
  return steps;
}

// How much of the problem one workgroup holds: 64 invocations as 8 x 8, each with `rows` x 4 `columns` scores and
// `rows` rows of the output. Chosen from the sizes and from what the device bears. Pure.

export const side = 8;
export const invocations = side * side;

export interface Tile {
  /** Rows per invocation. The workgroup has 8 times as many. */
  readonly rows: number;
  /** Quads (vec4) of score columns per invocation. */
  readonly columns: number;
  /** Quads of the head size that are in workgroup memory at once. */
  readonly chunk: number;
  /** Quads of output columns per invocation, of each output. */
  readonly outputs: readonly number[];
}

/** Registers of an invocation that hold sums, in quads. */
const sums = 16;
/** The largest head size that fits into them. */
export const largestSize = 256;

const quadsFor = (size: number) => Math.ceil(size / (4 * side));

/**
 * @param length rows of the problem (queries, or keys in the pass over keys)
 * @param sizes widths of the outputs that a workgroup sums up
 * @param most rows per invocation that the device can hold, in workgroup memory and in its compiler
 */
export function tileFor(length: number, sizes: readonly number[], most: number): Tile {
  const outputs = sizes.map(quadsFor);
  const width = outputs.reduce((a, b) => a + b, 0);
  let rows = length <= 2 * side ? Math.min(2, most) : most;
  while (rows > 1 && rows * width > sums) rows /= 2;
  return { rows, columns: 1, chunk: side, outputs };
}

export const tileRows = ({ rows }: Tile) => rows * side;
export const tileColumns = ({ columns }: Tile) => columns * side * 4;
export const tileKey = ({ rows, columns, chunk, outputs }: Tile) =>
  `${rows}x${columns}x${chunk}o${outputs.join('o')}`;
