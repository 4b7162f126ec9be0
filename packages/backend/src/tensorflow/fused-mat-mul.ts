/**
 * `_FusedMatMul` on native TensorFlow: the package composes it from tfjs ops, each of them a kernel of its own
 * that taps would see on this backend alone. Here it is two native ops, matrix product and BiasAdd, inside
 * one kernel. TensorFlow's own fused op can not be reached: it needs a list of strings, which the addon
 * can not pass.
 */
import type * as tf from '@tensorflow/tfjs';
import { wrapKernel } from '../corrections/wrap.ts';
import type { NativeTensorflow } from '../kernel-types.ts';

export function replaceFusedMatMul(): void {
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
