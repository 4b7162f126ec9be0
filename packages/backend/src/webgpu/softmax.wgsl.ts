/**
 * Softmax with one workgroup per row. The backend's own starts its maximum at -3.402823e38, which is above
 * float32's finfo.min: a row of finfo.min, a finite and common mask fill, came out as 0/0.
 */
import { util } from '@tensorflow/tfjs';
import type { WebgpuCall } from '../corrections/wrap.ts';
import { rowDispatch, rowIndex } from '../rows.wgsl.ts';

const threads = 64;

/** Combines what the threads hold in `partial`, in a fixed order, into `partial[0]`. */
const reduce = (combine: string) => `
  for (var half = ${threads / 2}; half > 0; half = half / 2) {
    workgroupBarrier();
    if (thread < half) { ${combine} }
  }
  workgroupBarrier();`;

const program = /* wgsl */ `
var<workgroup> partial : array<f32, ${threads}>;
fn main(index : i32) {
  let row = ${rowIndex};
  let start = row * uniforms.width;
  let thread = i32(localId.x);
  var largest = x[start + min(thread, uniforms.width - 1)];
  for (var i = thread; i < uniforms.width; i += ${threads}) { largest = max(largest, x[start + i]); }
  partial[thread] = largest;
  ${reduce(`partial[thread] = max(partial[thread], partial[thread + half]);`)}
  let maximum = partial[0];
  workgroupBarrier();
  var sum = 0.0;
  for (var i = thread; i < uniforms.width; i += ${threads}) { sum += exp(x[start + i] - maximum); }
  partial[thread] = sum;
  ${reduce(`partial[thread] = partial[thread] + partial[thread + half];`)}
  let total = partial[0];
  for (var i = thread; i < uniforms.width; i += ${threads}) {
    result[start + i] = exp(x[start + i] - maximum) / total;
  }
}`;

/** A NaN in the row, or a row of -Infinity, makes the whole row NaN, whatever `max` does with it. */
export function softmax({ inputs, backend, original }: WebgpuCall) {
  const x = inputs.logits!;
  const width = x.shape.at(-1)!;
  if (x.dtype !== 'float32' || width === 0) return original();
  const rows = util.sizeFromShape(x.shape) / width;
  return backend.runWebGPUProgram(
    {
      variableNames: ['x'],
      outputShape: x.shape,
      workgroupSize: [threads, 1, 1],
      ...rowDispatch(rows, x.shape.length),
      shaderKey: 'nanscopeSoftmax',
      uniforms: 'rows : i32, width : i32,',
      getUserCode: () => program,
    },
    [x],
    'float32',
    [rows, width].map((value) => ({ type: 'int32', data: [value] })),
  );
}
