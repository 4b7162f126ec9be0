/** Where native TensorFlow differs. It keeps NaN everywhere we looked; nothing had to be mended for that. */
import type * as tf from '@tensorflow/tfjs';
import { type Correction, known, wrapKernel } from '../corrections/correction.ts';
import type { NativeTensorflow } from '../host-memory.ts';

/**
 * `_FusedMatMul` on native TensorFlow: the package composes it from tfjs ops, each of them a kernel of its own
 * that taps would see on this backend alone. Here it is two native ops, matrix product and BiasAdd, inside
 * one kernel. TensorFlow's own fused op cannot be reached: it needs a list of strings, which the addon
 * cannot pass.
 */
function replaceFusedMatMul(): void {
  wrapKernel('_FusedMatMul', 'tensorflow', (original) => (call) => {
    const { a, b, bias } = call.inputs as Record<'a' | 'b' | 'bias', tf.TensorInfo | undefined>;
    const attrs = call.attrs as unknown as { transposeA: boolean; transposeB: boolean; activation: string };
    const plain =
      attrs.activation === 'linear' || attrs.activation === 'relu' || attrs.activation === 'relu6';
    if (!plain || !a || !b || a.dtype !== 'float32' || b.dtype !== 'float32') return original(call);
    if (bias && bias.shape.length !== 1) return original(call);
    const backend = call.backend as unknown as NativeTensorflow;
    const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_STRING, TF_FLOAT } = backend.binding as Record<
      string,
      number
    >;
    const type = { name: 'T', type: TF_ATTR_TYPE!, value: TF_FLOAT };
    const steps: tf.Tensor[] = [];
    const run = (
      op: string,
      attributes: { name: string; type: number; value: unknown }[],
      inputs: tf.TensorInfo[],
    ) => {
      steps.push(backend.executeSingleOutput(op, [type, ...attributes], inputs));
      return steps.at(-1)!;
    };
    const product = run(
      'BatchMatMulV2',
      [
        { name: 'adj_x', type: TF_ATTR_BOOL!, value: attrs.transposeA },
        { name: 'adj_y', type: TF_ATTR_BOOL!, value: attrs.transposeB },
      ],
      [a, b],
    );
    const format = { name: 'data_format', type: TF_ATTR_STRING!, value: 'NHWC' };
    if (bias) run('BiasAdd', [format], [product, bias]);
    if (attrs.activation !== 'linear')
      run(attrs.activation === 'relu' ? 'Relu' : 'Relu6', [], [steps.at(-1)!]);
    const out = steps.pop()!;
    for (const step of steps) step.dispose();
    return out;
  });
}

export const corrections: readonly Correction[] = [
  {
    kernel: '_FusedMatMul',
    status: 'replaced',
    why: 'composed from tfjs ops; now native ops inside one kernel, with the same results',
    install: replaceFusedMatMul,
  },
  known('*', 'subnormal numbers are flushed to 0, so that rsqrt(1e-40) is Infinity'),
  known('TopK', 'loses a NaN at the end of a row'),
  known('ArgMax', 'passes over a NaN that is not the first; an index of a row with NaN is never an answer'),
  known('ArgMin', 'passes over a NaN that is not the first; an index of a row with NaN is never an answer'),
  known('Cast', 'NaN and infinities become the smallest integer in int32'),
  known('Prelu', 'composed with a product by 0, so that prelu(Infinity) is NaN'),
  known('UnsortedSegmentSum', 'throws for an id past the last segment; negative ids are skipped'),
  known('MaxPool', 'a NaN in the window is passed over'),
];
