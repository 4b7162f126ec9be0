/**
 * Matrix products by our own kernel (assembly/product.ts), cut into parts that threads can share. XNNPACK's takes one
 * plain matrix only, does not block for the caches, and is half as fast at the shapes of a language model.
 */
import * as tf from '@tensorflow/tfjs';
import { type Kernel, wrapKernel } from '../corrections/correction.ts';
import { type WasmMemory, wasmMemory } from './memory.ts';
import type { Call } from './threads.ts';

/** Fewer rows than this are not worth packing the other matrix. */
const fewRows = 4;
/** Multiplications that are worth waking a thread. */
const worthSharing = 1 << 18;
/** Columns of a part: a multiple of what the kernel packs at once keeps its edges few. */
const partColumns = 512;

/** One matrix of a stack: where it begins, and elements from row to row and from column to column. */
interface Operand {
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
  readonly row: number;
  readonly column: number;
}

/** The last two axes of a tensor, as they are to be multiplied. */
function operand({ shape }: tf.TensorInfo, transposed: boolean): Operand {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const count = tf.util.sizeFromShape(shape.slice(0, -2));
  return transposed
    ? { rows: columns, columns: rows, count, row: 1, column: columns }
    : { rows, columns, count, row: columns, column: 1 };
}

/** Bytes of so many float32. */
const bytes = (elements: number): number => 4 * elements;

interface Addresses {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** 0 for none. */
  readonly bias: number;
}

/** The calls that make C, of which none touches what another writes. */
function calls(a: Operand, b: Operand, at: Addresses, threads: number): Call[] {
  const [M, K, N] = [a.rows, a.columns, b.columns];
  const batch = Math.max(a.count, b.count);
  const work = M * K * N;
  const parts = threads > 1 && batch < 2 * threads && work >= worthSharing ? 2 * threads : 1;
  // Whole strips of columns, or of rows where there are more of these.
  const byColumns = N >= M;
  const side = byColumns ? N : M;
  const most = byColumns ? partColumns : 96;
  const step = parts === 1 ? side : Math.min(most, Math.max(8, 8 * Math.ceil(side / parts / 8)));
  const narrow = M < fewRows && (b.column === 1 || a.column === 1);
  const made: Call[] = [];
  for (let index = 0; index < batch; index++) {
    const from = {
      a: at.a + (a.count === 1 ? 0 : bytes(index * M * K)),
      b: at.b + (b.count === 1 ? 0 : bytes(index * K * N)),
      c: at.c + bytes(index * M * N),
    };
    for (let start = 0; start < side; start += step) {
      const size = Math.min(step, side - start);
      const [i, j] = byColumns ? [0, start] : [start, 0];
      const [m, n] = byColumns ? [M, size] : [size, N];
      made.push({
        kernel: narrow ? 'narrowProduct' : 'product',
        words: [
          from.a + bytes(i * a.row),
          a.row,
          a.column,
          from.b + bytes(j * b.column),
          b.row,
          b.column,
          from.c + bytes(i * N + j),
          N,
          m,
          n,
          K,
          at.bias === 0 ? 0 : at.bias + bytes(j),
        ],
      });
    }
  }
  return made;
}

/** C for float32 operands whose inner sides agree. */
function multiply(
  memory: WasmMemory,
  inputs: { a: tf.TensorInfo; b: tf.TensorInfo; bias?: tf.TensorInfo | undefined },
  { transposeA, transposeB }: tf.BatchMatMulAttrs,
): tf.TensorInfo {
  const [a, b] = [operand(inputs.a, transposeA), operand(inputs.b, transposeB)];
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(
    inputs.a.shape.slice(0, -2),
    inputs.b.shape.slice(0, -2),
  );
  const c = memory.make([...outer, a.rows, b.columns], 'float32');
  const { bias } = inputs;
  memory.run(
    calls(
      a,
      b,
      {
        a: memory.address(inputs.a),
        b: memory.address(inputs.b),
        c: memory.address(c),
        bias: bias ? memory.address(bias) : 0,
      },
      memory.threads,
    ),
  );
  return c;
}

/** Stacks that are equal, or one matrix against a stack: what `calls` walks. */
const isOneToMany = (a: tf.TensorInfo, b: tf.TensorInfo): boolean => {
  const [one, other] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  return (
    one.join() === other.join() || tf.util.sizeFromShape(one) === 1 || tf.util.sizeFromShape(other) === 1
  );
};

/** Fused activations that let a NaN through, as XNNPACK's do not: Math.max and Math.min give NaN when either side is. */
const activations: Readonly<Record<string, ((x: number) => number) | undefined>> = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
};

function product(original: Kernel): Kernel {
  return (call) => {
    const { a, b, bias, preluActivationWeights } = call.inputs as Record<string, tf.TensorInfo> & {
      a: tf.TensorInfo;
      b: tf.TensorInfo;
    };
    const attrs = call.attrs as unknown as tf._FusedMatMulAttrs;
    const { activation = 'linear' } = attrs;
    const fits =
      (activation === 'linear' || activations[activation]) &&
      a.dtype === 'float32' &&
      b.dtype === 'float32' &&
      !preluActivationWeights &&
      (!bias || bias.shape.length === 1) &&
      operand(a, attrs.transposeA).columns === operand(b, attrs.transposeB).rows &&
      tf.util.sizeFromShape(a.shape) > 0 &&
      tf.util.sizeFromShape(b.shape) > 0 &&
      isOneToMany(a, b);
    if (!fits) return original(call);
    const memory = wasmMemory(call.backend);
    const c = multiply(memory, { a, b, bias }, attrs);
    const activate = activations[activation];
    if (activate) {
      const values = memory.values(c);
      for (let i = 0; i < values.length; i++) values[i] = activate(values[i]!);
    }
    return c;
  };
}

/** Products, alone and with a bias, of stacks of matrices, transposed or not. */
export function replaceProduct(): void {
  wrapKernel('BatchMatMul', 'wasm', product);
}

/** The same with a bias, and with an activation. */
export function replaceFusedProduct(): void {
  wrapKernel('_FusedMatMul', 'wasm', product);
}
