/** The fused shaders one after the other: forward with its statistics, backward with delta, packed outputs taken apart. */
import type { WebgpuBackend } from '@nanscope/backend';
import type * as tf from '@tensorflow/tfjs';
import { keyGradientCode, queryGradientCode } from './backward.wgsl.ts';
import { forwardCode } from './forward.wgsl.ts';
import { type FusedInputs, prepareMasks } from './masks.ts';
import { type Binding, one, runPass, slice } from './pass.ts';
import { invocations, type Problem, tileFor, tileKey, tileRows } from './problem.ts';
import { deltaCode, sinkCode } from './rows.wgsl.ts';
import { forwardVariant, mostRows, uniformData, uniformDeclaration, widthOf } from './variant.ts';

/** @returns the context `[B, H, T, Dv]`, and maximum and sum of every row `[B, H, T, 2]`. */
export function runForward(problem: Problem, inputs: FusedInputs, backend: WebgpuBackend): tf.TensorInfo[] {
  const { batch, heads, queries, valueSize } = problem;
  const masks = prepareMasks(problem, inputs, backend);
  const variant = forwardVariant(problem, backend.device);
  const { tile, width, storage, subgroups } = variant;
  const none = backend.makeTensorInfo([1], 'float32', new Float32Array(1));
  const tiles = Math.ceil(queries / tileRows(tile));
  const groups = batch * heads * tiles;
  const rows = batch * heads * queries;
  const operands: Binding[] = [
    { name: 'Q', tensor: inputs.q, width },
    { name: 'K', tensor: inputs.k, width },
    { name: 'V', tensor: inputs.v, width },
  ];
  const packed = runPass(backend, {
    key: `forward_${tileKey(tile)}_${width}_${problem.half}_${storage}_${subgroups}`,
    bindings: [
      ...operands,
      one('Live', masks.live),
      one('Sinks', inputs.sinks ?? none),
      ...masks.bindingsFor(operands),
    ],
    outputShape: [rows * (valueSize + 2)],
    dtype: 'float32',
    groups,
    uniforms: uniformDeclaration,
    uniformData: uniformData(problem, { tiles, groups }, masks.liveShape),
    directives: `${storage === 'f16' ? 'enable f16;\n' : ''}${subgroups ? 'enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n' : ''}`,
    code: () => forwardCode(variant),
  });
  const context = slice(backend, packed, 0, [batch, heads, queries, valueSize]);
  const stats = slice(backend, packed, rows * valueSize, [batch, heads, queries, 2]);
  for (const { dataId } of [packed, none]) backend.disposeData(dataId);
  masks.dispose();
  return [context, stats];
}

/** What the forward pass left, and the gradient of its context. */
export interface BackwardInputs extends FusedInputs {
  readonly context: tf.TensorInfo;
  readonly stats: tf.TensorInfo;
  readonly dout: tf.TensorInfo;
}

/** @returns the gradients of q, k and v, and where there are sinks what each row adds to theirs, `[B, H, T, 1]`. */
export function runBackward(
  problem: Problem,
  inputs: BackwardInputs,
  backend: WebgpuBackend,
): tf.TensorInfo[] {
  const { batch, heads, keyHeads, queries, keys, headSize, valueSize } = problem;
  const masks = prepareMasks(problem, inputs, backend);
  const width = widthOf(problem);
  const rowCount = batch * heads * queries;
  const rows = runPass(backend, {
    key: 'delta',
    bindings: [
      one('Context', inputs.context),
      one('Dout', inputs.dout),
      one('Stats', inputs.stats),
      one('Live', masks.live),
    ],
    outputShape: [rowCount * 4],
    dtype: 'float32',
    outputWidth: 4,
    groups: Math.ceil(rowCount / invocations),
    uniforms: uniformDeclaration,
    uniformData: uniformData(problem, { tiles: 1, groups: 1 }, masks.liveShape),
    code: () => deltaCode,
  });
  const operands: Binding[] = [
    { name: 'Q', tensor: inputs.q, width },
    { name: 'K', tensor: inputs.k, width },
    { name: 'V', tensor: inputs.v, width },
    { name: 'Dout', tensor: inputs.dout, width },
    { name: 'Rows', tensor: rows, width: 4 },
  ];
  const bindings = [...operands, ...masks.bindingsFor(operands)];
  const pass = (
    name: string,
    length: number,
    owners: number,
    outputSizes: number[],
    size: number,
    code: typeof queryGradientCode,
  ) => {
    const tile = tileFor(length, outputSizes, mostRows(backend.device));
    const tiles = Math.ceil(length / tileRows(tile));
    const groups = owners * tiles;
    return runPass(backend, {
      key: `${name}_${tileKey(tile)}_${width}_${problem.half}`,
      bindings,
      outputShape: [size],
      dtype: 'float32',
      groups,
      uniforms: uniformDeclaration,
      uniformData: uniformData(problem, { tiles, groups }, masks.liveShape),
      code: () => code({ tile, width, half: problem.half }),
    });
  };
  const dq = pass(
    'queryGradient',
    queries,
    batch * heads,
    [headSize],
    rowCount * headSize,
    queryGradientCode,
  );
  const keyRows = batch * keyHeads * keys;
  const sizes = [headSize, valueSize];
  const packed = pass(
    'keyGradient',
    keys,
    batch * keyHeads,
    sizes,
    keyRows * (headSize + valueSize),
    keyGradientCode,
  );
  const dk = slice(backend, packed, 0, [batch, keyHeads, keys, headSize]);
  const dv = slice(backend, packed, keyRows * headSize, [batch, keyHeads, keys, valueSize]);
  const sunk = inputs.sinks && [
    runPass(backend, {
      key: 'sinks',
      bindings: [{ name: 'Rows', tensor: rows, width: 4 }, one('Sinks', inputs.sinks)],
      outputShape: [batch, heads, queries, 1],
      dtype: 'float32',
      groups: Math.ceil(rowCount / invocations),
      uniforms: uniformDeclaration,
      uniformData: uniformData(problem, { tiles: 1, groups: 1 }, masks.liveShape),
      code: () => sinkCode,
    }),
  ];
  for (const { dataId } of [packed, rows]) backend.disposeData(dataId);
  masks.dispose();
  return [{ ...dq, shape: [batch, heads, queries, headSize] }, dk, dv, ...(sunk ?? [])];
}
