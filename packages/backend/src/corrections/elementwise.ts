/** Host kernels of elementwise ops that lose a NaN: clip, relu6, maximum, minimum, sign, pow, cast to bool. */
import type { HostBackendName } from '../host-memory.ts';
import type { HostTensor } from '../kernel-types.ts';
import { broadcastShape, forEachPair } from './broadcast.ts';
import { hasNaN, keepNaN } from './nan.ts';
import { wrapHostKernel } from './wrap.ts';

const one = (result: HostTensor | HostTensor[]): HostTensor => (Array.isArray(result) ? result[0]! : result);

/** The backend's own kernel, and then the NaN of its input `x` put back: a pass over the bits, no more. */
export function keepInputNaN(kernel: string, backend: HostBackendName): void {
  wrapHostKernel(kernel, backend, ({ inputs, original }) => keepNaN(inputs.x!, one(original())));
}

/** NaN where either side is NaN. Costs a scan; the broadcast pass runs only when there is one. */
export function keepEitherNaN(kernel: 'Maximum' | 'Minimum', backend: HostBackendName): void {
  wrapHostKernel(kernel, backend, ({ inputs, original }) => {
    const { a, b } = inputs as { a: HostTensor; b: HostTensor };
    const out = one(original());
    if (out.dtype !== 'float32' || !(hasNaN(a) || hasNaN(b))) return out;
    const [av, bv, values] = [a.values, b.values, out.values];
    forEachPair(a, b, out, (i, ai, bi) => {
      if (Number.isNaN(av[ai]) || Number.isNaN(bv[bi])) values[i] = Number.NaN;
    });
    return out;
  });
}

/** sign(NaN) is NaN, and a tiny number has a sign. */
export function replaceSign(backend: HostBackendName): void {
  wrapHostKernel('Sign', backend, ({ inputs, memory, original }) => {
    const x = inputs.x!;
    if (x.dtype !== 'float32') return original();
    const out = memory.allocate(x.shape, 'float32');
    const [from, to] = [x.values, out.values];
    for (let i = 0; i < from.length; i++) to[i] = from[i]! === 0 ? 0 : Math.sign(from[i]!);
    return out;
  });
}

/** IEEE 754's pow: a base of 1, or -1 with an infinite exponent, gives 1. JavaScript's gives NaN. */
export function pow(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1;
  return base ** exponent;
}

export function replacePow(backend: HostBackendName): void {
  wrapHostKernel('Pow', backend, ({ inputs, memory, original }) => {
    const { a, b } = inputs as { a: HostTensor; b: HostTensor };
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return original();
    const out = memory.allocate(broadcastShape(a, b), 'float32');
    const [av, bv, values] = [a.values, b.values, out.values];
    forEachPair(a, b, out, (i, ai, bi) => {
      values[i] = pow(av[ai]!, bv[bi]!);
    });
    return out;
  });
}

/** Everything but zero is true, NaN and 256 included; the backend copies the number into a byte. */
export function replaceCastToBool(backend: HostBackendName): void {
  wrapHostKernel('Cast', backend, ({ inputs, attrs, memory, original }) => {
    const x = inputs.x!;
    if (attrs.dtype !== 'bool' || x.dtype === 'bool') return original();
    const out = memory.allocate(x.shape, 'bool');
    const [from, to] = [x.values, out.values];
    for (let i = 0; i < from.length; i++) to[i] = from[i] === 0 ? 0 : 1;
    return out;
  });
}
