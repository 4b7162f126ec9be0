/** What a claim is: a sentence of the report this project began with, an experiment, and a judgement of what it shows. */

import { attention, type Implementation, type MaskSpec, policies, prepareMask } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import type { Cell, Observation } from '../cell/cell.ts';

export type Verdict = 'holds' | 'does not hold' | 'partly' | 'cannot be decided here';

/** What one device showed. */
export interface Evidence {
  /** `wasm`, `webgpu (software)`. */
  readonly device: string;
  readonly gpu: boolean;
  /** The observation of the plain cell with these changes; one of the claim's `cells`. */
  see(changes: Changes): Observation;
  readonly facts: KernelFacts;
}

/** What is different from the plain cell. */
export type Changes = Partial<Omit<Cell, 'device'>>;

export interface Judgement {
  readonly verdict: Verdict;
  /** Why, in one or two sentences. */
  readonly because: string;
}

export interface Claim {
  readonly number: number;
  /** As the report says it. */
  readonly claim: string;
  /** What is done to decide it. */
  readonly experiment: string;
  readonly cells: readonly Changes[];
  /** What one device showed, in words. */
  observed(evidence: Evidence): string;
  /**
   * What one device makes of it; undefined for a device that is not asked. What would be seen if the claim were wrong has
   * to be seen before it is refuted, and the other way round: an experiment that shows neither decides nothing.
   */
  decide(evidence: Evidence): Verdict | undefined;
  /** Why, by verdict; where there is no reason of its own, a general one. @param all at least one device */
  because(all: readonly Evidence[]): Readonly<Partial<Record<Verdict, string>>>;
}

/** Every combination of these values. */
export function combinations(
  values: { readonly [Name in keyof Changes]: readonly Changes[Name][] },
): Changes[] {
  let all: Changes[] = [{}];
  for (const [name, options] of Object.entries(values))
    all = all.flatMap((changes) =>
      (options as readonly string[]).map((value) => ({ ...changes, [name]: value })),
    );
  return all;
}

/** One verdict of several devices: theirs where they agree, `partly` where they do not. A device that cannot decide has no say. */
export function judge(claim: Claim, all: readonly Evidence[]): Judgement {
  const asked = all.flatMap((evidence) => {
    const verdict = claim.decide(evidence);
    return verdict === undefined ? [] : [{ verdict, device: evidence.device }];
  });
  const decided = asked.filter(({ verdict }) => verdict !== 'cannot be decided here');
  const verdicts = [...new Set(decided.map(({ verdict }) => verdict))];
  const reason = (verdict: Verdict) => claim.because(all)[verdict] ?? usual[verdict];
  const [verdict = 'cannot be decided here'] = verdicts;
  if (verdicts.length > 1) {
    const words = decided.map(({ device, verdict: own }) => `${own} on ${device}`);
    return { verdict: 'partly', because: `The devices differ: ${words.join(', ')}.` };
  }
  const open = asked.filter((one) => !decided.includes(one)).map(({ device }) => device);
  const rest = decided.length > 0 && open.length > 0 ? ` On ${open.join(', ')} it could not be shown.` : '';
  return { verdict, because: `${reason(verdict)}${rest}` };
}

/** Reasons of verdicts that a claim has none of its own for. */
const usual: Readonly<Record<Verdict, string>> = {
  holds: 'The experiment shows it.',
  'does not hold': 'The experiment shows the contrary.',
  partly: 'The experiment shows a part of it.',
  'cannot be decided here': 'The experiment did not show what would decide it.',
};

/** A loss in words: four decimals, on which the devices agree, or its class. */
export function lossWords({ lossValue }: Observation): string {
  return Number.isFinite(lossValue) ? lossValue.toFixed(4) : String(lossValue);
}

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

/** Questions of claims that need no model: what exp(-inf) is, which cells a mask leaves open, what a mask and causality do together. */
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
