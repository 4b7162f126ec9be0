import { describe, expect, it } from 'vitest';
import { finite, type Line, traceOf, withInf, withNaN } from '../testing/records.ts';
import type { BatchTrace, Health } from '../types.ts';
import { alignTraces } from './align.ts';

const run = (...outs: Health[]): BatchTrace =>
  traceOf(
    outs.map((out, i): Line => ({ kernel: `K${i}`, in: i === 0 ? ['x'] : [i - 1], out })),
    { x: finite() },
  );
const onWebgpu = (trace: BatchTrace): BatchTrace => ({
  ...trace,
  source: { backend: 'webgpu', strictNumerics: false, method: 'by hand' },
});

describe('alignTraces', () => {
  it('agrees with itself, finite or not', () => {
    for (const trace of [run(finite(), finite()), run(finite(), withNaN(2), finite())]) {
      const alignment = alignTraces(trace, onWebgpu(trace));
      expect(alignment).toMatchObject({
        classDivergences: 0,
        sameOrigin: true,
        samePath: true,
        sameKills: true,
      });
      expect(alignment.firstClassDivergence).toBeUndefined();
    }
  });

  it('sees another count and another first index', () => {
    const reference = run(withNaN(2, 4, 0));
    expect(alignTraces(reference, run(withNaN(2, 4, 1))).classDivergences).toBe(1);
    expect(alignTraces(reference, run(withNaN(3, 4, 0))).classDivergences).toBe(1);
  });

  it('suspects the kernel that made a NaN of finite inputs, WGSL or not', () => {
    const alignment = alignTraces(run(finite(), finite()), onWebgpu(run(finite(), withNaN())));
    expect(alignment.firstClassDivergence).toMatchObject({
      key: 'forward/K1#0:0',
      label: 'kernel bug suspected',
    });
    expect(alignment.targetOrigin?.mechanism.name).toBe('kernel divergence');
    expect(alignment).toMatchObject({ sameOrigin: false, samePath: false });
  });

  it('knows what WGSL permits: anything after a non-finite value, and at an overflow', () => {
    const reference = run(withNaN(), withNaN());
    const target = run(withNaN(), finite());
    expect(alignTraces(reference, onWebgpu(target)).firstClassDivergence?.label).toBe(
      'permitted by WGSL, divergent',
    );
    expect(alignTraces(reference, target).firstClassDivergence?.label).toBe('kernel bug suspected');
    expect(alignTraces(run(withInf(1, 0)), onWebgpu(run(finite()))).firstClassDivergence?.label).toBe(
      'permitted by WGSL, divergent',
    );
    expect(alignTraces(reference, onWebgpu(target))).toMatchObject({ sameKills: false });
  });

  it('suspects a kernel whose NaN crosses from one batch row to an earlier one, whatever WGSL permits', () => {
    const graph = (firstNaN: number): BatchTrace =>
      traceOf(
        [
          { kernel: 'Log', path: 'attn/context', in: ['x'], out: withNaN(4, 16, 8), shape: [2, 2, 2, 2] },
          {
            kernel: 'BatchMatMul',
            path: 'attn/context',
            in: [0],
            out: withNaN(4, 16, firstNaN),
            shape: [2, 2, 2, 2],
          },
        ],
        { x: finite(16) },
      );
    const labelOf = (firstNaN: number) =>
      alignTraces(graph(8), onWebgpu(graph(firstNaN))).firstClassDivergence;
    expect(labelOf(4)).toMatchObject({
      label: 'kernel bug suspected',
      reason: expect.stringContaining("read another row's memory"),
    });
    expect(labelOf(12)?.label).toBe('permitted by WGSL, divergent');
  });

  it('leaves undecided what the order of a sum or a subnormal may decide, and suspects a kernel that has no such excuse', () => {
    const infinite = (posInf: number): Health => ({
      ...finite(),
      posInf,
      ...(posInf > 0 && { firstInf: 0 }),
    });
    const label = (kernel: string, target: Health, reference: Health, input = finite()) => {
      const of = (out: Health) => traceOf([{ kernel, in: ['x', 'w'], out }], { x: input, w: input });
      return alignTraces(of(reference), of(target)).firstClassDivergence;
    };
    expect(label('BatchMatMul', infinite(2), infinite(1))).toMatchObject({
      label: 'undecided',
      reason: expect.stringContaining('by matmul overflow'),
    });
    expect(label('RealDiv', withNaN(), infinite(1))?.label).toBe('undecided');
    expect(
      label('BatchMatMul', withNaN(), finite(), { ...finite(), zero: 0, subnormal: 0, amax: 9 })?.label,
    ).toBe('kernel bug suspected');
    // Without magnitudes nothing rules out that its partial sums overflowed to both sides.
    expect(label('BatchMatMul', withNaN(), finite())?.label).toBe('undecided');
    // Beside an infinity that came in on both sides a sum may overflow on one, a maximum may not.
    expect(label('Sum', infinite(3), infinite(2), infinite(1))?.label).toBe('undecided');
    expect(label('Max', infinite(3), infinite(2), infinite(1))?.label).toBe('kernel bug suspected');
    expect(label('GeluNew', withNaN(), finite())?.label).toBe('kernel bug suspected');
  });

  it('calls a divergence inherited when the inputs differ already', () => {
    const reference = traceOf([{ kernel: 'K', in: ['w'], out: finite() }], { w: finite() });
    const target = traceOf([{ kernel: 'K', in: ['w'], out: withNaN() }], { w: withNaN() });
    expect(alignTraces(reference, target).firstClassDivergence?.label).toBe('inherited');
  });

  it('reports keys of one side only, unless that trace is partial', () => {
    const long = run(finite(), finite());
    const short = run(finite());
    expect(alignTraces(long, short).onlyReference).toEqual(['forward/K1#0:0']);
    expect(alignTraces(short, long).onlyTarget).toEqual(['forward/K1#0:0']);
    expect(alignTraces({ ...short, partial: true }, long)).toMatchObject({
      onlyTarget: [],
      classDivergences: 0,
    });
    expect(alignTraces({ ...short, partial: true }, run(finite(), withNaN())).classDivergences).toBe(1);
    expect(alignTraces(run(finite(), withNaN()), { ...short, partial: true }).classDivergences).toBe(1);
    const cut = { ...short, partial: true as const, cut: 1 };
    expect(alignTraces(run(finite(), withNaN()), cut)).toMatchObject({
      onlyReference: [],
      classDivergences: 0,
    });
    expect(alignTraces(cut, run(finite(), withNaN()))).toMatchObject({ onlyTarget: [], classDivergences: 0 });
  });

  it('compares magnitudes only where both sides are finite', () => {
    const full = (amax: number, nan = 0): Health => ({ ...finite(), nan, amax, mean: 1 });
    const differenceOf = (a: Health, b: Health) => alignTraces(run(a), run(b)).ops[0]?.relativeDifference;
    expect(differenceOf(full(4), full(5))).toEqual({ amax: 0.25, mean: 0 });
    expect(differenceOf(full(4), full(5, 1))).toBeUndefined();
    expect(differenceOf(finite(), full(5))).toBeUndefined();
  });
});
