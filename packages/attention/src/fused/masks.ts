/** The masks of a problem on the device: as given, and what has to be known of rows and keys before the large passes. */
import type { WebgpuBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { type Binding, one, runPass } from './pass.ts';
import { invocations, type Problem } from './problem.ts';
import { bitsCode, keyCode, largeCode, liveCode, wholeCode } from './rows.wgsl.ts';
import { type LiveShape, uniformData, uniformDeclaration } from './variant.ts';

/** q, k, v, and what else was given. */
export interface FusedInputs {
  readonly q: tf.TensorInfo;
  readonly k: tf.TensorInfo;
  readonly v: tf.TensorInfo;
  readonly padding?: tf.TensorInfo;
  readonly explicit?: tf.TensorInfo;
  /** `[1, H, 1, 1]` */
  readonly sinks?: tf.TensorInfo;
}

/** The masks as every pass sees them. `dispose` when the passes are recorded. */
export interface Masks {
  readonly liveShape: LiveShape;
  readonly live: tf.TensorInfo;
  /**
   * The masks as the large passes see them, which also say what batch rows have to be visited as a whole.
   *
   * @param operands Q, K and V, for the backward pass Dout and Rows too.
   */
  readonly bindingsFor: (operands: readonly Binding[]) => readonly Binding[];
  readonly dispose: () => void;
}

/** A mask as int32, whatever it holds: the dtype of a buffer is a part of every shader that reads it. */
const asBits = (mask: tf.TensorInfo, backend: WebgpuBackend) =>
  runPass(backend, {
    key: 'bits',
    bindings: [one('Mask', mask)],
    outputShape: mask.shape,
    dtype: 'int32',
    groups: Math.ceil(tf.util.sizeFromShape(mask.shape) / invocations),
    uniforms: '',
    uniformData: [],
    code: () => bitsCode,
  });

export function prepareMasks(
  problem: Problem,
  { padding, explicit }: FusedInputs,
  backend: WebgpuBackend,
): Masks {
  const made: tf.TensorInfo[] = [];
  const keep = (info: tf.TensorInfo) => {
    made.push(info);
    return info;
  };
  const none = keep(backend.makeTensorInfo([1], 'int32', new Int32Array(1)));
  const explicitBinding = one('Explicit', explicit ? keep(asBits(explicit, backend)) : none);
  const paddingBinding = one('Padding', padding ?? none);
  const axis = (at: number) => explicit?.shape[explicit.shape.length - at] ?? 1;
  const liveShape: LiveShape = [padding ? problem.batch : axis(4), axis(3), problem.queries];
  const dataFor = (size: number) =>
    uniformData(problem, { tiles: 1, groups: Math.ceil(size / invocations) }, liveShape);
  const small = (key: string, outputShape: number[], bindings: Binding[], code: () => string) => {
    const size = tf.util.sizeFromShape(outputShape);
    return keep(
      runPass(backend, {
        key,
        bindings,
        outputShape,
        dtype: 'int32',
        groups: Math.ceil(size / invocations),
        uniforms: uniformDeclaration,
        uniformData: dataFor(size),
        code,
      }),
    );
  };
  const live = problem.needsLive
    ? small('live', [...liveShape], [paddingBinding, explicitBinding], () => liveCode)
    : none;
  const keys = problem.clear
    ? small(
        'keys',
        [problem.batch, problem.keys],
        [paddingBinding, one('Live', live), explicitBinding],
        () => keyCode,
      )
    : (padding ?? none);
  const bindingsFor = (operands: readonly Binding[]) => {
    if (!problem.skip) return [one('Padding', keys), explicitBinding];
    const backward = operands.some(({ name }) => name === 'Rows');
    const single = operands.map((binding) =>
      binding.name === 'Rows' ? binding : { ...binding, width: 1 as const },
    );
    const rows = backward ? [] : [one('Live', live)];
    const large = small(
      `large_${backward}`,
      [problem.batch, Math.max(problem.queries, problem.keys)],
      [...single, one('Padding', keys), ...rows],
      () => largeCode(backward),
    );
    const shape = [problem.batch, problem.keys];
    const whole = small('whole', shape, [one('Padding', keys), one('Large', large)], () => wholeCode);
    return [one('Padding', whole), explicitBinding];
  };
  return {
    liveShape,
    live,
    bindingsFor,
    dispose: () => {
      for (const { dataId } of made) backend.disposeData(dataId);
    },
  };
}
