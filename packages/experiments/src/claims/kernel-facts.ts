/** Questions of claims that need no model: what exp(-inf) is, which cells a mask leaves open, what a mask and causality do together. */
import { attention, type Implementation, type MaskSpec, policies, prepareMask } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';

/** Rows with 0, 1 and 2 keys. */
const KEYS = [0, 1, 2] as const;

export interface KernelFacts {
  /** For k = 0, 1, 2 scores that are not -inf, of eight: the sum of exp(score - max of the finite), and what softmax makes of the row. */
  readonly rows: readonly {
    readonly keys: number;
    readonly sum: number;
    readonly softmax: 'NaN' | 'finite';
  }[];
  /** exp(-inf). */
  readonly expOfMinusInfinity: number;
  /** The mask that reaches the kernel, for a left-padded causal batch. */
  readonly mask: {
    readonly cells: number;
    /** Cells that are not `key <= query AND key is real`. */
    readonly differing: number;
    /** Open cells above the diagonal. */
    readonly future: number;
  };
  /** What an explicit mask together with causality does: the AND of both, the mask alone, or something else. */
  readonly maskAndCausal: Readonly<
    Record<Implementation, 'AND' | 'causality ignored' | 'mask ignored' | 'other'>
  >;
}

export async function kernelFacts(): Promise<KernelFacts> {
  return {
    ...(await softmaxRows()),
    mask: await maskOfBatch(),
    maskAndCausal: {
      eager: await maskAndCausal('eager'),
      sdpa: await maskAndCausal('sdpa'),
    },
  };
}

async function softmaxRows(): Promise<Pick<KernelFacts, 'rows' | 'expOfMinusInfinity'>> {
  const values = KEYS.flatMap((keys) =>
    Array.from({ length: 8 }, (_, i) => (i < keys ? -0.5 - i : Number.NEGATIVE_INFINITY)),
  );
  const [sums, softmax, exponential] = tf.tidy(() => {
    const scores = tf.tensor2d(Float32Array.from(values), [KEYS.length, 8]);
    return [
      tf.sum(tf.exp(scores), -1),
      tf.softmax(scores),
      tf.exp(tf.tensor1d(Float32Array.of(Number.NEGATIVE_INFINITY))),
    ];
  });
  const [sum, rows, exp] = await Promise.all([sums!.data(), softmax!.data(), exponential!.data()]);
  tf.dispose([sums!, softmax!, exponential!]);
  return {
    expOfMinusInfinity: exp![0]!,
    rows: KEYS.map((keys, row) => ({
      keys,
      sum: sum![row]!,
      softmax: Array.from(rows!.slice(row * 8, row * 8 + 8)).some(Number.isNaN) ? 'NaN' : 'finite',
    })),
  };
}

const [B, H, T, D] = [2, 1, 6, 4] as const;
/** Left padding of each row. */
const PADS = [3, 0];

const padding = () =>
  tf.tensor2d(
    PADS.flatMap((pads) => Array.from({ length: T }, (_, s) => Number(s >= pads))),
    [B, T],
    'int32',
  );

async function maskOfBatch(): Promise<KernelFacts['mask']> {
  const open = tf.tidy(() => {
    const shape = { batch: B, queries: T, keys: T, policy: policies['torch-2.4'] };
    return prepareMask({ padding: padding(), causal: true }, shape, 'composed').composed!.allowed!.clone();
  });
  const values = await open.data();
  open.dispose();
  let differing = 0;
  let future = 0;
  values.forEach((allowed, i) => {
    const [b, query, key] = [Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T];
    if ((allowed !== 0) !== (key <= query && key >= PADS[b]!)) differing++;
    if (allowed !== 0 && key > query) future++;
  });
  return { cells: values.length, differing, future };
}

async function maskAndCausal(
  implementation: Implementation,
): Promise<KernelFacts['maskAndCausal'][Implementation]> {
  // A mask of its own that also opens the future, so that AND, mask alone and causality alone differ.
  const own = (query: number, key: number) => (query + key) % 3 !== 0 || key === query;
  const bits = async (keep: (query: number, key: number) => boolean, causal: boolean): Promise<string> => {
    const out = tf.tidy(() => {
      const plane = Uint8Array.from({ length: T * T }, (_, i) => Number(keep(Math.floor(i / T), i % T)));
      const mask: MaskSpec = { explicit: tf.tensor(plane, [T, T], 'bool'), causal };
      const [q, k, v] = [1, 2, 3].map((seed) =>
        tf.tensor4d(
          Float32Array.from({ length: B * H * T * D }, (_, i) => Math.sin(seed * i + seed)),
          [B, H, T, D],
        ),
      );
      return attention(q!, k!, v!, {
        implementation,
        kernel: 'composed',
        mask,
        policy: policies['torch-2.4'],
      });
    });
    const values = Float32Array.from(await out.data());
    out.dispose();
    return new Uint32Array(values.buffer).join();
  };
  const both = await bits(own, true);
  if (both === (await bits((query, key) => own(query, key) && key <= query, false))) return 'AND';
  if (both === (await bits(own, false))) return 'causality ignored';
  if (both === (await bits((query, key) => key <= query, false))) return 'mask ignored';
  return 'other';
}
