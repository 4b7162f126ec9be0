/** WGSL programs of one workgroup of 64 threads a row, and sums over the threads of one. */
import { rowDispatch, uniformValues, type WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';

/**
 * A WGSL function that adds one value per thread of a workgroup and gives every thread the sum. Safe to call
 * more than once: it ends with a barrier after the last read.
 */
export function sumOverWorkgroup(threads: number): string {
  return /* wgsl */ `
var<workgroup> partialSums : array<f32, ${threads}>;
fn sumOverWorkgroup(value : f32, thread : i32) -> f32 {
  partialSums[thread] = value;
  workgroupBarrier();
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    if (thread < half) { partialSums[thread] += partialSums[thread + half]; }
    workgroupBarrier();
  }
  let sum = partialSums[0];
  workgroupBarrier();
  return sum;
}`;
}

type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/**
 * What runs the programs of one kernel over x [N,C]. All have the uniforms rows, width, nanBits and infinityBits, and those in
 * `numbers`.
 */
export function rowPrograms(
  kernel: string,
  [rows, width]: readonly [number, number],
  numbers: Readonly<Record<string, number>>,
  backend: WebgpuBackend,
): (part: string, code: string, outputShape: number[], inputs: Inputs) => tf.TensorInfo {
  const floats = Object.keys(numbers).map((name) => ` ${name} : f32,`);
  return (part, code, outputShape, inputs) =>
    backend.runWebGPUProgram(
      {
        variableNames: Object.keys(inputs),
        outputShape,
        workgroupSize: [64, 1, 1],
        ...rowDispatch(rows, outputShape.length),
        shaderKey: `nanscope${kernel}${part}`,
        uniforms: `rows : i32, width : i32, nanBits : i32, infinityBits : i32,${floats.join('')}`,
        getUserCode: () => code,
      },
      Object.values(inputs),
      'float32',
      uniformValues([rows, width, 0x7fc00000, 0x7f800000], Object.values(numbers)),
    );
}
