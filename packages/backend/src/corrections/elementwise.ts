/** Host kernels of elementwise ops that lose a NaN: clip, relu6, maximum, minimum, sign, pow, cast to bool. */
import * as tf from '@tensorflow/tfjs';
import type { HostBackendName, HostTensor } from '../host-memory.ts';
import { wrapHostKernel } from './correction.ts';

// An elementwise function of two host tensors under broadcasting, for the kernels that are replaced whole.

/** How far the flat index of `shape` moves per step along each axis of `out`: 0 where it is broadcast. */
export function strides(shape: readonly number[], out: readonly number[]): number[] {
  const own = [...tf.util.computeStrides([...shape]), 1];
  return out.map((_, axis) => {
    const at = axis - (out.length - shape.length);
    return at < 0 || shape[at] === 1 ? 0 : own[at]!;
  });
}

interface Shaped {
  readonly shape: number[];
}

/** The shape two tensors broadcast to. */
export function broadcastShape(a: Shaped, b: Shaped): number[] {
  return tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
}

/** A row of the output, and where its cells come from: from `aAt` and `bAt`, so many elements apart (0: one for all). */
export interface RowPair {
  readonly at: number;
  readonly width: number;
  readonly aAt: number;
  readonly bAt: number;
  readonly aStep: number;
  readonly bStep: number;
}

/** Calls `visit` for every row of the last axis of the output. */
export function forEachRowPair(a: Shaped, b: Shaped, out: Shaped, visit: (row: RowPair) => void): void {
  const { shape } = out;
  const size = tf.util.sizeFromShape(shape);
  const last = shape.length - 1;
  const [aSteps, bSteps] = [strides(a.shape, shape), strides(b.shape, shape)];
  const [width, aStep, bStep] = [shape[last] ?? 1, aSteps[last] ?? 0, bSteps[last] ?? 0];
  const place = shape.map(() => 0);
  let [aAt, bAt] = [0, 0];
  for (let at = 0; at < size; at += width) {
    visit({ at, width, aAt, bAt, aStep, bStep });
    for (let axis = last - 1; axis >= 0; axis--) {
      aAt += aSteps[axis]!;
      bAt += bSteps[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      aAt -= aSteps[axis]! * shape[axis]!;
      bAt -= bSteps[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
}

/** Calls `visit(i, ai, bi)` with the flat indices of the output and of both inputs, for every output element. */
function forEachPair(
  a: HostTensor,
  b: HostTensor,
  out: HostTensor,
  visit: (i: number, ai: number, bi: number) => void,
): void {
  forEachRowPair(a, b, out, ({ at, width, aAt, bAt, aStep, bStep }) => {
    for (let i = 0; i < width; i++) visit(at + i, aAt + i * aStep, bAt + i * bStep);
  });
}

// NaN in host memory, seen by its bits: exponent all ones and a mantissa that is not zero.

const magnitude = 0x7fffffff;
const infinity = 0x7f800000;

const bits = ({ values }: HostTensor): Int32Array =>
  new Int32Array(values.buffer, values.byteOffset, values.length);

/** True when a float tensor holds a NaN; a tensor of another dtype never does. */
export function hasNaN(tensor: HostTensor): boolean {
  if (tensor.dtype !== 'float32') return false;
  const view = bits(tensor);
  for (let i = 0; i < view.length; i++) if ((view[i]! & magnitude) > infinity) return true;
  return false;
}

/** Writes every NaN of `input`, bit for bit, to the same place of `output`. */
export function keepNaN(input: HostTensor, output: HostTensor): HostTensor {
  if (input.dtype !== 'float32' || output.dtype !== 'float32') return output;
  const from = bits(input);
  const to = bits(output);
  for (let i = 0; i < from.length; i++) if ((from[i]! & magnitude) > infinity) to[i] = from[i]!;
  return output;
}

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
