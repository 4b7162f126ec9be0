/**
 * What must not matter to GPT-2, does not, forward and backward: later tokens, how much padding stands in front and
 * what its embedding holds, the other rows of the batch, the order of the heads. Every relation has its control.
 */
import { policies } from '@nanscope/attention';
import { largest } from '@nanscope/conform';
import type { CausalLM } from '@nanscope/model';
import type { LabelledBatch } from '@nanscope/trainer';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ModelNumbers, runModel } from './model-run.ts';
import { onEveryBackend } from './on-every-backend.ts';
import {
  leftPadded,
  modelNoise,
  PAD_ID,
  smallModel,
  smallModelWeights,
  type Weights,
} from './small-model.ts';

vi.setConfig({ testTimeout: 240_000 });

const ROWS = [
  [3, 7, 30, 1, 12, 25],
  [5, 17, 2, 28],
];
const PADS = [0, 2];
const T = 6;
const batch = leftPadded(ROWS, PADS);
const { config, weights } = await smallModelWeights();
const { width: C, heads: H, vocabulary: V } = config;
const WTE = 'transformer.wte.weight';
const WPE = 'transformer.wpe.weight';

/** The model with `value` as the embedding of the pad id. */
const poisoned = (value: number): Weights => ({
  ...weights,
  [WTE]: {
    ...weights[WTE]!,
    values: weights[WTE]!.values.map((x, i) => (Math.floor(i / C) === PAD_ID ? value : x)),
  },
});

/** The columns of c_attn and the rows of c_proj with the two heads exchanged: the same function of its input. */
function headsExchanged(): Weights {
  const D = C / H;
  const exchanged = (channel: number) => channel - (channel % C) + (((channel % C) + D) % C);
  const changed = Object.entries(weights).map(([name, { shape, values }]) => {
    const columns = shape.at(-1)!;
    const index = /c_attn/.test(name)
      ? (i: number) => i - (i % columns) + exchanged(i % columns)
      : /attn\.c_proj\.weight/.test(name)
        ? (i: number) => exchanged(Math.floor(i / columns)) * columns + (i % columns)
        : (i: number) => i;
    return [name, { shape, values: values.map((_, i) => values[index(i)]!) }];
  });
  return Object.fromEntries(changed);
}

/** Logits at the rows of `[B, T]` that `where` names. */
const logitsAt = ({ logits }: ModelNumbers, where: (b: number, t: number) => boolean, length = T) =>
  logits.filter((_, i) => where(Math.floor(i / V / length), Math.floor(i / V) % length));
const real = (b: number, t: number) => t >= PADS[b]!;

/** Rows of a table's gradient, -0 as 0. */
const rowsOf = ({ gradients }: ModelNumbers, table: string, keep: (row: number) => boolean) =>
  Array.from(gradients[table]!, (x) => x + 0).filter((_, i) => keep(Math.floor(i / C)));
const embeddings = (numbers: ModelNumbers) => [
  rowsOf(numbers, WTE, (id) => id !== PAD_ID),
  rowsOf(numbers, WPE, (position) => position < T),
];
const allGradients = ({ gradients }: ModelNumbers) =>
  Object.fromEntries(Object.entries(gradients).map(([name, x]) => [name, Array.from(x, (y) => y + 0)]));

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
};

/**
 * Two float32 runs of one model: each may err twice what the recorded system's float32 errs, as everywhere, or a few ulp of
 * the largest number. Less holds on some processors and not on others: native TensorFlow adds in the order of their vectors.
 */
const allowed = (noise: number, values: ArrayLike<number>) =>
  Math.max(4 * noise, 8 * 2 ** -24 * largest(values));

function expectNear(actual: ModelNumbers, expected: ModelNumbers, names: readonly string[]): void {
  const off = Math.abs(actual.loss - expected.loss);
  expect(off <= allowed(modelNoise.loss, [expected.loss]), `loss ${actual.loss}, ${expected.loss}`).toBe(
    true,
  );
  for (const name of names) {
    const worst = furthest(actual.gradients[name]!, expected.gradients[name]!);
    const tolerance = allowed(modelNoise.grad, expected.gradients[name]!);
    expect(worst <= tolerance, `gradient of ${name}: off by ${worst}`).toBe(true);
  }
}

onEveryBackend(() => {
  let clean: CausalLM;
  beforeAll(async () => {
    clean = smallModel(config, weights);
  });
  afterAll(async () => {
    clean?.dispose();
  });

  describe.each(['eager', 'sdpa'] as const)('%s', (implementation) => {
    const run = (asked: LabelledBatch = batch, model = clean, policy = policies.safe) =>
      runModel(model, asked, { implementation, policy });
    /** The batches that several relations begin with, run once. */
    const begun = new Map<string, Promise<ModelNumbers>>();
    const once = (name: string, asked: LabelledBatch): Promise<ModelNumbers> => {
      const numbers = begun.get(name) ?? run(asked);
      begun.set(name, numbers);
      return numbers;
    };
    const runWith = async (changed: Weights, policy = policies.safe) => {
      const model = smallModel(config, changed);
      const numbers = await run(batch, model, policy);
      model.dispose();
      return numbers;
    };

    it('no position sees a later token, forward or backward', async () => {
      const early = (_b: number, t: number) => t < 4;
      const labels = Array.from(batch.labels, (label, i) => (i % T < 4 ? label : -100));
      const later = Array.from(batch.inputIds, (id, i) => (i % T < 4 ? id : 31 - id));
      const plain = await run({ ...batch, labels });
      const changed = await run({ ...batch, labels, inputIds: later });
      expect(logitsAt(changed, early)).toEqual(logitsAt(plain, early));
      expect(allGradients(changed)).toEqual(allGradients(plain));
      const rest = (b: number, t: number) => !early(b, t);
      expect(logitsAt(changed, rest), 'control: later positions do').not.toEqual(logitsAt(plain, rest));
    });

    it.each([1, 31, 32, 33])('%i pads in front change nothing for the real tokens', async (pads) => {
      const row = ROWS.slice(0, 1);
      const plain = await once('one row', leftPadded(row, [0]));
      const padded = leftPadded(row, [pads]);
      const longer = await run(padded);
      const tokens = logitsAt(longer, (_b, t) => t >= pads, pads + T);
      const worst = furthest(tokens, plain.logits);
      expect(worst <= allowed(modelNoise.logits, plain.logits), `logits off by ${worst}`).toBe(true);
      expectNear(longer, plain, Object.keys(weights));
      if (pads > 1) return;
      const unmasked = await run({ ...padded, attentionMask: Array(pads + T).fill(1) });
      expect(Math.abs(unmasked.loss - plain.loss) > 1e-3, 'control: without the mask they do').toBe(true);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
      '%s as the embedding of the pads changes no logits, no loss and no gradient of a real token',
      async (value) => {
        const plain = await once('batch', batch);
        const actual = await runWith(poisoned(value));
        expect(logitsAt(actual, real)).toEqual(logitsAt(plain, real));
        expect(actual.loss).toBe(plain.loss);
        expect(embeddings(actual)).toEqual(embeddings(plain));
        // A weight's gradient is a sum over all positions, and 0 times a NaN activation is NaN in any framework.
        if (Number.isFinite(value)) expect(allGradients(actual)).toEqual(allGradients(plain));
      },
    );

    it('control: without the clearing a NaN in the pads reaches every real token of its row', async () => {
      const actual = await runWith(poisoned(Number.NaN), policies['torch-2.5']);
      const second = logitsAt(actual, (b, t) => b === 1 && real(b, t));
      expect(second.every(Number.isNaN)).toBe(true);
      expect(logitsAt(actual, (b) => b === 0).some(Number.isNaN)).toBe(false);
      expect(actual.loss).toBeNaN();
    });

    it('a row of the batch is alone, forward and backward', async () => {
      const labels = Array.from(batch.labels, (label, i) => (i < T ? label : -100));
      const other = Array.from(batch.inputIds, (id, i) => (i < T ? id : 31 - id - (id === PAD_ID ? 1 : 0)));
      const plain = await run({ ...batch, labels });
      const changed = await run({ ...batch, labels, inputIds: other, attentionMask: Array(2 * T).fill(1) });
      const first = (b: number) => b === 0;
      const second = (b: number) => b === 1;
      expect(logitsAt(changed, first)).toEqual(logitsAt(plain, first));
      expect(allGradients(changed)).toEqual(allGradients(plain));
      expect(logitsAt(changed, second), 'control').not.toEqual(logitsAt(plain, second));
    });

    it('the order of the heads does not matter', async () => {
      const plain = await once('batch', batch);
      const actual = await runWith(headsExchanged());
      const worst = furthest(logitsAt(actual, real), logitsAt(plain, real));
      expect(worst <= allowed(modelNoise.logits, plain.logits), `logits off by ${worst}`).toBe(true);
      expectNear(actual, plain, [WTE, WPE, 'lm_head.weight']);
      const name = 'transformer.h.0.attn.c_proj.weight';
      const wrong = await runWith({ ...headsExchanged(), [name]: weights[name]! });
      expect(Math.abs(wrong.loss - plain.loss) > 1e-4, 'control: half an exchange does').toBe(true);
    });
  });
});
