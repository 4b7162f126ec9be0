/**
 * `SelectMasked(x, keep, fill)`: x where `keep` is true, `fill` elsewhere; `keep` and `fill` broadcast to x.
 * tfjs's own `where` first tiles all three to the full shape, three passes over the scores instead of one.
 * The untaken side never leaks: values are moved, not multiplied.
 */
import {
  type Allocate,
  defineGradient,
  defineKernel,
  elementwise,
  type HostTensor,
  hasKernel,
  type NativeTensorflow,
  shares,
  type WasmMemory,
  type WebgpuBackend,
} from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { FLOAT32_MIN } from '../policy.ts';

/** Strides of `shape`, right-aligned to rank 4, with 0 along broadcast dimensions. */
function stridesFour(shape: readonly number[]): [number, number, number, number] {
  const strides: [number, number, number, number] = [0, 0, 0, 0];
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[4 - shape.length + d] = shape[d] === 1 ? 0 : stride;
    stride *= shape[d]!;
  }
  return strides;
}

function shapeFour(shape: readonly number[]): [number, number, number, number] {
  if (shape.length > 4) throw new Error(`SelectMasked works on rank 4 at most, got rank ${shape.length}.`);
  return [...Array<number>(4 - shape.length).fill(1), ...shape] as [number, number, number, number];
}

/** `SelectMasked` in plain loops, for the backends whose memory JavaScript can see. */
function selectMaskedHost(
  { x, keep, fill }: Record<string, HostTensor>,
  _attrs: object,
  allocate: Allocate,
): HostTensor {
  const output = allocate(x!.shape, 'float32');
  const [B, H, T, S] = shapeFour(x!.shape);
  const keepStride = stridesFour(keep!.shape);
  const fillStride = stridesFour(fill!.shape);
  // Moved as bits, so that a signalling NaN keeps its payload.
  const from = bits(x!.values);
  const other = bits(fill!.values);
  const to = bits(output.values);
  const kept = keep!.values;
  let at = 0;
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      for (let t = 0; t < T; t++) {
        let k = b * keepStride[0] + h * keepStride[1] + t * keepStride[2];
        let f = b * fillStride[0] + h * fillStride[1] + t * fillStride[2];
        for (let s = 0; s < S; s++) {
          to[at] = kept[k] !== 0 ? from[at]! : other[f]!;
          at++;
          k += keepStride[3];
          f += fillStride[3];
        }
      }
    }
  }
  return output;
}

function bits(values: HostTensor['values']): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

/** A `keep` that has this many elements of x to each of its own, or more, is looked through before x is copied. */
const LOOK = 16;

/** Whether x is the result as it is; false where finding out might cost more than it saves. */
function keepsAll(
  x: tf.TensorInfo,
  keep: tf.TensorInfo,
  flagsOf: (keep: tf.TensorInfo) => Uint8Array,
): boolean {
  if (LOOK * tf.util.sizeFromShape(keep.shape) > tf.util.sizeFromShape(x.shape)) return false;
  return !flagsOf(keep).includes(0);
}

/** `SelectMasked` in WebAssembly, rows shared among threads. */
function selectMaskedWasm(
  { x, keep, fill }: Record<string, tf.TensorInfo>,
  _attrs: object,
  memory: WasmMemory,
): tf.TensorInfo {
  if (keepsAll(x!, keep!, memory.flags)) return memory.share(x!);
  const output = memory.make(x!.shape, 'float32');
  const [B, H, T, S] = shapeFour(x!.shape);
  const words = [H, T, S, ...stridesFour(keep!.shape), ...stridesFour(fill!.shape)];
  const problem = memory.make([words.length], 'int32');
  const places = [x!, keep!, fill!, output, problem].map(memory.address);
  memory.integers(problem).set(words);
  memory.run(
    shares(memory, B * H * T, S).map(({ first, count }) => ({
      kernel: 'selectMasked',
      words: [...places, first, count],
    })),
  );
  memory.free(problem);
  return output;
}

/** `SelectMasked` in WGSL. The fill reaches the shader as data: a constant -inf would not compile. */
function selectMaskedWebgpu(
  { x, keep, fill }: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: WebgpuBackend,
): tf.TensorInfo {
  const program = {
    ...elementwise(x!.shape),
    variableNames: ['X', 'Keep', 'Fill'],
    shaderKey: 'selectMasked',
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          if (getKeepByOutputIndex(index) > 0.0) {
            result[index] = X[index];
          } else {
            result[index] = getFillByOutputIndex(index);
          }
        }
      }`,
  };
  return backend.runWebGPUProgram(program, [x!, keep!, fill!], 'float32');
}

/** By TensorFlow's own op, which takes ten times as long as it takes to see that a mask of a few rows keeps all of them. */
function selectMaskedTensorflow(
  { x, keep, fill }: Record<string, tf.TensorInfo>,
  _attrs: object,
  backend: NativeTensorflow,
): tf.TensorInfo {
  if (keepsAll(x!, keep!, ({ dataId }) => backend.readSync(dataId) as Uint8Array)) {
    const { dataId, shape, dtype } = x!;
    backend.incRef(dataId);
    return { dataId, shape, dtype };
  }
  return backend.executeSingleOutput(
    'SelectV2',
    [{ name: 'T', type: backend.binding.TF_ATTR_TYPE!, value: backend.binding.TF_FLOAT }],
    [keep!, x!, fill!],
  );
}

const NAME = 'SelectMasked';

defineKernel(NAME, {
  host: selectMaskedHost,
  wasm: selectMaskedWasm,
  webgpu: selectMaskedWebgpu,
  tensorflow: selectMaskedTensorflow,
});

defineGradient({
  kernelName: NAME,
  inputsToSave: ['keep'],
  gradFunc: (dy, saved) => ({ x: () => selectMasked(dy as tf.Tensor, saved[0]!, tf.scalar(0)) }),
});

/**
 * @param x float32, rank at most 4.
 * @param keep bool, broadcastable to x.
 * @param fill float32, broadcastable to x. Gradients do not reach it.
 */
export function selectMasked<T extends tf.Tensor>(x: T, keep: tf.Tensor, fill: tf.Tensor): T {
  if (hasKernel(NAME)) return tf.engine().runKernel(NAME, { x, keep, fill }) as T;
  return tf.where(keep, x, fill) as T;
}

/** Where to keep what is not -inf. A comparison that NaN fails: a NaN is kept. */
export function notMinusInfinity(x: tf.Tensor4D): tf.Tensor4D {
  return tf.logicalNot(tf.less(x, FLOAT32_MIN)) as tf.Tensor4D;
}
