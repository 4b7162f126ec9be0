/**
 * What must not matter to attention, does not, bit for bit: later tokens, what padding holds, the other rows of
 * the batch, the order of the heads, how a mask is written down. model-metamorphic.test.ts asks a whole model. Every relation has its control: the same change where it must matter.
 */
import { policies, policyFrom, type ReferenceMask, type ReferenceProblem } from '@nanscope/attention';
import { backends, type Session } from '@nanscope/backend';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { numbers } from './attention-cases.ts';
import { type AttentionNumbers, difference, largest, runAttention, TIMEOUT } from './attention-suite.ts';

vi.setConfig({ testTimeout: TIMEOUT });

const [B, H, T, D] = [2, 2, 9, 4];
const PADS = 3;
const padding = Array.from({ length: B * T }, (_, i) => Number(i >= T || i >= PADS));

const base: ReferenceProblem = {
  ...{ B, H, Hkv: H, T, S: T, D, Dv: D, policy: policies.safe },
  ...{ q: numbers(11, B * H * T * D, 2), k: numbers(12, B * H * T * D, 2), v: numbers(13, B * H * T * D, 2) },
  dout: numbers(14, B * H * T * D, 2),
  mask: { causal: true, padding },
};

type Where = (b: number, t: number) => boolean;
const padded: Where = (b, t) => b === 0 && t < PADS;

/** `x` with `value` at the rows that `where` names. */
function poison(x: ArrayLike<number>, where: Where, value: number): Float32Array {
  return Float32Array.from(x, (old, i) => (where(batchOf(i), positionOf(i)) ? value : old));
}
const batchOf = (i: number) => Math.floor(i / (H * T * D));
const positionOf = (i: number) => Math.floor(i / D) % T;

/** The bits at the rows that `where` names: exactly equal, or the test fails. */
function bits(x: ArrayLike<number>, where: Where): number[] {
  return Array.from(new Uint32Array(Float32Array.from(x).buffer)).filter((_, i) =>
    where(batchOf(i), positionOf(i)),
  );
}

function sameBits(a: AttentionNumbers, b: AttentionNumbers, where: Where = () => true): void {
  for (const name of ['out', 'dq', 'dk', 'dv'] as const)
    expect(bits(a[name], where), name).toEqual(bits(b[name], where));
}

const probes = await Promise.all(
  backends().map(async (backend) => ({ backend, probe: await backend.probe() })),
);

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    describe.each(['eager', 'sdpa'] as const)('%s', (implementation) => {
      const run = (change: Partial<ReferenceProblem> = {}) =>
        runAttention({ ...base, ...change }, implementation);

      it('no query sees a later token', async () => {
        const future: Where = (_b, t) => t >= 6;
        const changed = await run({
          q: poison(base.q, future, 0.5),
          k: poison(base.k, future, 0.5),
          v: poison(base.v, future, 0.5),
        });
        const plain = await run();
        expect(bits(changed.out, (_b, t) => t < 6)).toEqual(bits(plain.out, (_b, t) => t < 6));
        expect(bits(changed.out, future), 'control: later queries do').not.toEqual(bits(plain.out, future));
      });

      it('no gradient comes from a later token, and none goes to one', async () => {
        const [early, future]: [Where, Where] = [(_b, t) => t < 6, (_b, t) => t >= 6];
        const dout = poison(base.dout!, future, 0);
        const changed = await run({
          dout,
          q: poison(base.q, future, 0.5),
          k: poison(base.k, future, 0.5),
          v: poison(base.v, future, 0.5),
        });
        const plain = await run({ dout });
        for (const name of ['dq', 'dk', 'dv'] as const) {
          expect(bits(changed[name], early), name).toEqual(bits(plain[name], early));
          const gone = Array.from(changed[name]).filter((_, i) => future(batchOf(i), positionOf(i)));
          expect(
            gone.every((x) => x === 0),
            `${name} of later tokens is 0`,
          ).toBe(true);
        }
        const open = await run({ dout, mask: { padding } });
        expect(bits(open.dv, future), 'control: without causality some does').not.toEqual(
          bits(plain.dv, future),
        );
      });

      it('the theory that a mask drops causality leaks the future, and has no NaN', async () => {
        const future: Where = (_b, t) => t >= 6;
        const policy = policies['seed-theory'];
        const plain = await run({ policy });
        const changed = await run({ policy, v: poison(base.v, future, 0.5) });
        expect(Array.from(plain.out).some(Number.isNaN)).toBe(false);
        expect(bits(changed.out, (_b, t) => t < 6)).not.toEqual(bits(plain.out, (_b, t) => t < 6));
      });

      it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
        '%s in padded q, k and v changes nothing, forward or backward',
        async (value) => {
          const all = {
            q: poison(base.q, padded, value),
            k: poison(base.k, padded, value),
            v: poison(base.v, padded, value),
          };
          const plain = await run();
          sameBits(await run(all), plain);
          const seen: Where = (b, t) => b === 0 && t === PADS;
          const real = await run({ v: poison(base.v, seen, value) });
          expect(bits(real.out, seen), 'control: at a real token it does').not.toEqual(bits(plain.out, seen));
        },
      );

      it('heads may stand in any order', async () => {
        const swap = (x: ArrayLike<number>) => {
          const head = T * D;
          return Float32Array.from(x, (_, i) => x[i + (Math.floor(i / head) % H === 0 ? head : -head)]!);
        };
        const [q, k, v, dout] = [base.q, base.k, base.v, base.dout!].map(swap) as Float32Array[];
        const plain = await run();
        const swapped = await run({ q: q!, k: k!, v: v!, dout: dout! });
        // By value: native TensorFlow's vectors begin where memory does, and round a row differently elsewhere.
        for (const name of ['out', 'dq', 'dk', 'dv'] as const) {
          const failure = difference(swap(swapped[name]), plain[name], 8 * 2 ** -24 * largest(plain[name]));
          expect(failure, name).toBeUndefined();
        }
        const half = await run({ q: q! });
        expect(
          bits(half.out, () => true),
          'control: q alone may not',
        ).not.toEqual(bits(plain.out, () => true));
      });

      it('a NaN in a padded v reaches every query without the clearing', async () => {
        const actual = await run({ policy: policies['torch-2.5'], v: poison(base.v, padded, Number.NaN) });
        const real = Array.from(actual.out).filter((_, i) => batchOf(i) === 0 && positionOf(i) >= PADS);
        expect(real.every(Number.isNaN)).toBe(true);
      });

      it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])(
        '%s in a batch row stays in it',
        async (value) => {
          const second: Where = (b) => b === 1;
          const changed = await run({
            q: poison(base.q, second, value),
            k: poison(base.k, second, value),
            v: poison(base.v, second, value),
            dout: poison(base.dout!, second, value),
          });
          const plain = await run();
          sameBits(changed, plain, (b) => b === 0);
          for (const name of ['out', 'dv'] as const)
            expect(bits(changed[name], second), `control: ${name}`).not.toEqual(bits(plain[name], second));
        },
      );

      it('padding, causal and window say the same as one explicit mask, bool or float', async () => {
        const window = 4;
        const open = Array.from({ length: B * T * T }, (_, i) => {
          const [b, t, s] = [Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T];
          return Number(s <= t && s > t - window && padding[b * T + s] === 1);
        });
        const shape = [B, 1, T, T];
        const written: ReferenceMask[] = [
          { explicit: { values: open, shape, dtype: 'bool' } },
          {
            explicit: {
              values: open.map((x) => (x ? 0 : Number.NEGATIVE_INFINITY)),
              shape,
              dtype: 'float32',
            },
          },
        ];
        for (const policy of [policies.safe, policies['torch-2.5'], policyFrom({ rowGuard: 'self' })]) {
          const plain = await run({ policy, mask: { causal: true, window, padding } });
          for (const mask of written) sameBits(await run({ policy, mask }), plain);
        }
        const values = open.with(T * T + 8 * T + 7, 0);
        const closed = await run({ mask: { explicit: { values, shape, dtype: 'bool' } } });
        const plain = await run({ mask: { causal: true, window, padding } });
        expect(
          bits(closed.out, () => true),
          'control: one cell less',
        ).not.toEqual(bits(plain.out, () => true));
      });

      it('padding alone, and causality alone, say the same as an explicit mask', async () => {
        const tril = Array.from({ length: T * T }, (_, i) => Number(i % T <= Math.floor(i / T)));
        const keys = Array.from(
          { length: B * T * T },
          (_, i) => padding[Math.floor(i / (T * T)) * T + (i % T)]!,
        );
        const float = (open: readonly number[]) => open.map((x) => (x ? 0 : Number.NEGATIVE_INFINITY));
        const pairs: [ReferenceMask, readonly number[], readonly number[]][] = [
          [{ causal: true }, tril, [T, T]],
          [{ padding }, keys, [B, 1, T, T]],
        ];
        for (const [short, open, shape] of pairs) {
          const plain = await run({ mask: short });
          sameBits(await run({ mask: { explicit: { values: open, shape, dtype: 'bool' } } }), plain);
          sameBits(
            await run({ mask: { explicit: { values: float(open), shape, dtype: 'float32' } } }),
            plain,
          );
          const none = await run({ mask: {} });
          expect(
            bits(none.out, () => true),
            'control: no mask',
          ).not.toEqual(bits(plain.out, () => true));
        }
      });

      it.each([0, 1, 31, 32, 33])('%i pads in front change nothing for the real tokens', async (pads) => {
        const S = T + pads;
        const lead = (x: ArrayLike<number>) => {
          const out = new Float32Array(B * H * S * D).fill(0.25);
          for (let row = 0; row < B * H; row++) {
            out.set(Array.from(x).slice(row * T * D, (row + 1) * T * D), row * S * D + pads * D);
          }
          return out;
        };
        const keep = Array.from({ length: B * S }, (_, i) => Number(i % S >= pads));
        const longer = await run({
          ...{ T: S, S, mask: { causal: true, padding: keep } },
          ...{ q: lead(base.q), k: lead(base.k), v: lead(base.v), dout: lead(base.dout!) },
        });
        const plain = await run({ mask: { causal: true } });
        if (pads === 1) {
          const unmasked = await run({
            ...{ T: S, S, mask: { causal: true } },
            ...{ q: lead(base.q), k: lead(base.k), v: lead(base.v), dout: lead(base.dout!) },
          });
          const tokens = Array.from(unmasked.out).filter((_, i) => Math.floor(i / D) % S >= pads);
          const most = Math.max(...tokens.map((x, i) => Math.abs(x - plain.out[i]!)));
          expect(most > 1e-2, 'control: without the mask they do').toBe(true);
        }
        for (const name of ['out', 'dq', 'dk', 'dv'] as const) {
          const real = Array.from(longer[name]).filter((_, i) => Math.floor(i / D) % S >= pads);
          const largest = Math.max(...Array.from(plain[name], Math.abs));
          // Other lengths are other shapes of matmul, whose sums may be in another order.
          const worst = Math.max(...real.map((x, i) => Math.abs(x - plain[name][i]!)));
          expect(worst <= 8 * 2 ** -24 * Math.max(1, largest), `${name}: off by ${worst}`).toBe(true);
          const pad = Array.from(longer[name]).filter((_, i) => Math.floor(i / D) % S < pads);
          expect(
            pad.every((x) => x === 0),
            `${name} of the pads is 0`,
          ).toBe(true);
        }
      });
    });
  });
}
