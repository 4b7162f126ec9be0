/**
 * A strip of one operand in workgroup memory, [inner][length], from which every invocation of a tile reads. Filled
 * in blocks of 4 x 4 where the operand is bound as vec4, else element by element: unrolled code that guards
 * each element by itself takes a software device seconds to compile.
 */
import type { Width } from './load.wgsl.ts';

export interface Strip {
  readonly buffer: 'A' | 'B';
  /** Rows of `a`, columns of `b`. */
  readonly length: number;
  readonly inner: number;
  readonly innerContiguous: boolean;
  readonly width: Width;
}

export function declareStrip({ buffer, length, inner, width }: Strip): string {
  const [type, count] = width === 4 ? ['vec4<f32>', (inner * length) / 4] : ['f32', inner * length];
  return `var<workgroup> strip${buffer} : array<${type}, ${count}>;`;
}

/**
 * @param origin WGSL name of the strip's first row or column in the matrix
 * @param invocations of the workgroup, all of which take part
 */
export function fillStrip(strip: Strip, origin: string, invocations: number): string {
  const { buffer, length, inner, innerContiguous, width } = strip;
  const [across, down] = [length / width, inner / width];
  const load = (i: number) =>
    innerContiguous
      ? `load${buffer}(start${buffer}, ${origin} + outer + ${i}, k0 + inner)`
      : `load${buffer}(start${buffer}, k0 + inner + ${i}, ${origin} + outer)`;
  // Neighbouring invocations read neighbouring addresses.
  const [outerAt, innerAt] = innerContiguous
    ? [`i / ${down}`, `i % ${down}`]
    : [`i % ${across}`, `i / ${across}`];
  const block = ['x', 'y', 'z', 'w'].map((part, i) =>
    innerContiguous ? `vec4<f32>(v0.${part}, v1.${part}, v2.${part}, v3.${part})` : `v${i}`,
  );
  const body =
    width === 1
      ? `stripX[inner * ${across} + outer] = ${load(0)};`
      : `${[0, 1, 2, 3].map((i) => `let v${i} = ${load(i)};`).join('\n      ')}
      ${block.map((value, i) => `stripX[(inner + ${i}) * ${across} + outer / 4] = ${value};`).join('\n      ')}`;
  return `
    for (var i = i32(localIndex); i < ${across * down}; i += ${invocations}) {
      let outer = (${outerAt}) * ${width};
      let inner = (${innerAt}) * ${width};
      ${body.replaceAll('stripX', `strip${buffer}`)}
    }`;
}

/** WGSL expression for four neighbours of step `k`, the `quad`-th four of the strip. */
export function readStrip({ buffer, length, width }: Strip, quad: string): string {
  if (width === 4) return `strip${buffer}[k * ${length / 4} + ${quad}]`;
  const first = `k * ${length} + (${quad}) * 4`;
  return `vec4<f32>(${[0, 1, 2, 3].map((i) => `strip${buffer}[${first} + ${i}]`).join(', ')})`;
}
