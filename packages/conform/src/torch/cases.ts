/** Reports about PyTorch's attention as cases: what is known to fail where, and the smallest inputs on which it shows. */
import { FLOAT32_MIN } from '@nanscope/attention';

type Shape = readonly [rows: number, heads: number, positions: number, size: number];

/** What is said to attention of which query may see which key. */
export interface TorchMask {
  readonly dtype: 'bool' | 'float32';
  /** How many rows the mask has: one for the whole batch, or one for each of its two rows. */
  readonly rows: 1 | 2;
  /** 1 and 0 of bool; what is added, of float32. */
  cell(at: { readonly row: number; readonly t: number; readonly s: number }, T: number, S: number): number;
}

export interface TorchAttention {
  readonly name: string;
  /** Versions that are known to fail; empty where none is. */
  readonly known: string;
  readonly why: string;
  /** It must not be refused: where attention gives no answer at all, the others mean nothing. */
  readonly control?: true;
  readonly q: Shape;
  /** Default: that of q. */
  readonly kv?: Shape;
  readonly dtype?: 'float16' | 'bfloat16';
  /** Default: that of keys. */
  readonly valueSize?: number;
  readonly mask?: TorchMask;
  readonly causal?: true;
  /** Heads and positions are swapped in memory, as models have them. */
  readonly transposed?: true;
  /** The first number of q is NaN. */
  readonly poison?: true;
  readonly grouped?: true;
  /** The gradients of the sum of all outputs by q, k and v are judged as well. */
  readonly gradients?: true;
  /** Queries whose answers are judged, where all would take long; default: all. */
  readonly judged?: readonly number[];
}

/** Keys of padding at the left. */
const PADS = 3;

const mayBeSeen = (t: number, s: number, T: number, S: number) => s >= PADS && s <= t + S - T;

const leftPadded: TorchMask = {
  ...{ dtype: 'bool', rows: 1 },
  cell: ({ t, s }, T, S) => Number(mayBeSeen(t, s, T, S)),
};

/** Left padding in which each query sees itself: no row is without a key. */
const withSelf: TorchMask = {
  ...{ dtype: 'bool', rows: 1 },
  cell: ({ t, s }, T, S) => Number(mayBeSeen(t, s, T, S) || s === t + S - T),
};

const added = (fill: number): TorchMask => ({
  ...{ dtype: 'float32', rows: 1 },
  cell: ({ t, s }, T, S) => (mayBeSeen(t, s, T, S) ? 0 : fill),
});

/** Padding alone, so that neither it nor the causal order says what both say; as a boolean, and as -inf that is added. */
const paddingOnly = (dtype: TorchMask['dtype'], seen: number, hidden: number): TorchMask => ({
  ...{ dtype, rows: 1, cell: ({ t, s }) => (s >= PADS || s === t ? seen : hidden) },
});

/** One mask for all heads of a row; the second row sees everything. */
const broadcast: TorchMask = {
  ...{ dtype: 'bool', rows: 2 },
  cell: (at, T, S) => (at.row > 0 ? 1 : withSelf.cell(at, T, S)),
};

const firstFilled: TorchMask = { dtype: 'float32', rows: 1, cell: ({ t }) => (t === 0 ? FLOAT32_MIN : 0) };

/** More than 8 queries: those have kernels of their own on mps, and reports of their own. */
const small: Shape = [1, 2, 16, 64];
const rowWithoutKey = 'NaN on cpu before 2.5 and on mps in 2.5 to 2.8';
const futureKeys = 'mps to 2.12.1 (f16, bf16): sees up to 3 future keys';
const aLeak = 'a leak that lowers the loss without any NaN';
const fewQueries =
  'mps 2.10: NaN with 7 or 8 batched queries; mps to 2.11: wrong for at most 8 queries with a boolean mask';
const prompts = 'speculative decoding and short prompts';
const bothAtOnce =
  'PyTorch documents an error for both at once: a version that takes them must mean what both allow';
const decoding = 'decoding of padded batches';

/** Around the place from which on the order is lost, and at the beginning. */
const beginAndEnd = Array.from({ length: 48 }, (_, i) => (i < 8 ? i : 3100 - 48 + i));

const forward: readonly TorchAttention[] = [
  {
    ...{ name: 'plain', known: '', q: small, control: true },
    why: 'the control: without it nothing here means anything',
  },
  {
    ...{ name: 'masked-row-bool', known: rowWithoutKey, q: small, mask: leftPadded },
    why: 'left padding with a causal mask makes rows without a key',
  },
  {
    ...{ name: 'masked-row-float', known: rowWithoutKey, q: small, mask: added(Number.NEGATIVE_INFINITY) },
    why: 'the same mask as -inf that is added',
  },
  {
    ...{ name: 'masked-row-finite-fill', known: '', q: small, mask: added(FLOAT32_MIN) },
    why: 'a padded query sees every key alike, the future too',
  },
  {
    ...{ name: 'finite-fill-1024-keys', q: [1, 2, 4, 64], kv: [1, 2, 1024, 64], mask: firstFilled },
    known: 'mps to 2.15: 0 instead of the mean (read in its source, not reported)',
    why: 'two kernels of one device that disagree about the same row',
  },
  {
    ...{ name: 'causal-f16', known: futureKeys, why: aLeak },
    ...{ q: [1, 4, 64, 64], dtype: 'float16', causal: true },
  },
  {
    ...{ name: 'causal-bf16', known: futureKeys, why: aLeak },
    ...{ q: [1, 4, 17, 64], dtype: 'bfloat16', causal: true },
  },
  {
    ...{ name: 'seven-queries', known: fewQueries, why: prompts },
    ...{ q: [2, 4, 7, 64], kv: [2, 4, 40, 64], mask: leftPadded },
  },
  {
    ...{ name: 'eight-queries', known: fewQueries, why: prompts },
    ...{ q: [2, 4, 8, 64], kv: [2, 4, 40, 64], mask: leftPadded },
  },
  {
    ...{ name: '1024-keys', q: [1, 8, 1, 128], kv: [1, 2, 1024, 128], dtype: 'bfloat16', grouped: true },
    known: 'mps to 2.10: reads outside of its input, other answers each time',
    why: 'decoding beyond 1023 cached tokens',
  },
  {
    ...{ name: '33-keys', q: [1, 2, 1, 64], kv: [1, 2, 33, 64], why: 'nearly every prompt' },
    known: 'mps to 2.10: reads outside of its input where keys are no multiple of 32',
  },
  {
    ...{ name: 'transposed', q: [2, 4, 16, 64], transposed: true, mask: withSelf },
    known: 'mps 2.8: wrong for q, k, v that are permuted in memory; mps to 2.11: so with more than one row',
    why: 'every model makes its heads by a transpose',
  },
  {
    ...{ name: 'broadcast-mask', q: [2, 4, 8, 64], mask: broadcast },
    known: 'mps to 2.12: a mask that all heads share is read at a wrong offset',
    why: 'transformers makes one mask for all heads: padding is seen then, and tokens are not',
  },
  {
    ...{ name: 'other-value-size', q: small, valueSize: 32, why: 'multi-head latent attention' },
    known: 'mps to 2.11: corrupt where values have another size than keys',
  },
  {
    ...{ name: 'nan-in-q', q: [1, 1, 4, 64], kv: [1, 1, 16, 64], poison: true },
    known: 'mps to 2.13: a fused kernel loses the NaN',
    why: 'an older lane can hide an upstream NaN',
  },
  {
    ...{ name: 'decode-bool-mask', known: 'mps to 2.11: wrong for at most 8 queries', why: decoding },
    ...{ q: [2, 4, 1, 64], kv: [2, 4, 12, 64], mask: leftPadded },
  },
  {
    ...{ name: 'decode-float-mask', known: 'mps to 2.12: wrong for at most 8 queries', why: decoding },
    ...{ q: [2, 4, 1, 64], kv: [2, 4, 12, 64], mask: added(Number.NEGATIVE_INFINITY) },
  },
  {
    ...{ name: 'odd-head-size', known: rowWithoutKey, q: [1, 2, 16, 40], mask: leftPadded },
    why: 'sizes that no fused kernel of mps takes: another path',
  },
  {
    ...{
      name: '3100-half-queries',
      q: [1, 1, 3100, 40],
      dtype: 'float16',
      causal: true,
      judged: beginAndEnd,
    },
    known: 'mps, half: the causal order is lost beyond 3068 rows (open)',
    why: 'long prompts in half precision',
  },
  {
    ...{ name: 'grouped-queries', known: '', q: [1, 8, 16, 64], kv: [1, 2, 16, 64] },
    ...{ grouped: true, mask: withSelf },
    why: 'most models of today share keys among heads',
  },
  {
    ...{ name: 'mask-and-causal', known: '', why: bothAtOnce },
    ...{ q: small, mask: paddingOnly('bool', 1, 0), causal: true },
  },
  {
    ...{ name: 'float-mask-and-causal', known: '', why: bothAtOnce },
    ...{ q: small, mask: paddingOnly('float32', 0, Number.NEGATIVE_INFINITY), causal: true },
  },
];

/** Those that are differentiated as well, and what is known of that. Rows without a key are NaN there where they are in the forward pass. */
const differentiated: Readonly<Record<string, string>> = {
  plain: '',
  'masked-row-bool': 'NaN on cpu before 2.5',
  'masked-row-float': 'NaN on cpu before 2.5',
  'masked-row-finite-fill':
    'flash on cpu in 2.4.1 and 2.15 (seen, not reported): each key of a row that is filled as a whole counts for all of them',
  'causal-f16': '',
  'causal-bf16': '',
  transposed: '',
  'broadcast-mask': '',
  'other-value-size': '',
  'odd-head-size': 'NaN on cpu before 2.5',
  'grouped-queries': '',
};

const backward = Object.entries(differentiated).map(([name, known]): TorchAttention => {
  const given = forward.find((each) => each.name === name)!;
  const why = `in training its gradients count as well: ${given.why}`;
  return { ...given, name: `${name}-backward`, known, why, gradients: true };
});

/** In the order in which they are run. */
export const torchAttention: readonly TorchAttention[] = [...forward, ...backward];
