/** Puts the fused shaders on a WebGPU device: variants by what it offers, bindings, dispatches, packed outputs. */
import { isSoftware, type WebgpuBackend } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { keyGradientCode } from './backward-key.wgsl.ts';
import { queryGradientCode } from './backward-query.wgsl.ts';
import { type ForwardVariant, forwardCode } from './forward.wgsl.ts';
import { groupDispatch, type Width } from './load.wgsl.ts';
import type { Problem } from './problem.ts';
import { bitsCode, deltaCode, keyCode, liveCode, sliceCode } from './rows.wgsl.ts';
import { invocations, side, tileFor, tileKey, tileRows } from './tile.ts';
import { type LiveShape, uniformData, uniformDeclaration } from './uniforms.ts';

tf.env().registerFlag('NANSCOPE_FUSED_SUBGROUPS', () => true);
tf.env().registerFlag('NANSCOPE_FUSED_F16', () => true);
tf.env().registerFlag('NANSCOPE_FUSED_LARGE_TILES', () => false);

interface Binding {
  readonly name: string;
  readonly tensor: tf.TensorInfo;
  readonly width: Width;
}

interface Pass {
  /** Every choice that changes the code. */
  readonly key: string;
  readonly bindings: readonly Binding[];
  readonly outputShape: number[];
  readonly dtype: 'float32' | 'int32';
  readonly outputWidth?: Width;
  readonly groups: number;
  readonly uniforms: string;
  readonly uniformData: { type: string; data: number[] }[];
  readonly directives?: string;
  readonly code: () => string;
}

const flat = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => ({
  dataId,
  shape: [tf.util.sizeFromShape(shape)],
  dtype,
});

function run(backend: WebgpuBackend, pass: Pass): tf.TensorInfo {
  const size = tf.util.sizeFromShape(pass.outputShape);
  const program = {
    variableNames: pass.bindings.map(({ name }) => name),
    variableComponents: pass.bindings.map(({ width }) => width),
    outputComponent: pass.outputWidth ?? 1,
    // Of another rank than the flat inputs: tfjs would compile again where they happen to broadcast to each other.
    outputShape: [size, 1],
    workgroupSize: [invocations, 1, 1] as [number, number, number],
    dispatchLayout: { x: [0, 1] },
    dispatch: groupDispatch(pass.groups),
    shaderKey: `nanscope_fused_${pass.key}`,
    size: true,
    uniforms: pass.uniforms,
    getUserCode: pass.code,
  };
  const { dataId } = withDirectives(backend.device, pass.directives ?? '', () =>
    backend.runWebGPUProgram(
      program,
      pass.bindings.map(({ tensor }) => flat(tensor)),
      pass.dtype,
      pass.uniformData,
    ),
  );
  return { dataId, shape: pass.outputShape, dtype: pass.dtype };
}

/** WGSL wants its directives before all declarations, and tfjs writes its own declarations first. */
function withDirectives<T>(device: GPUDevice, directives: string, body: () => T): T {
  if (directives === '') return body();
  const { createShaderModule } = device;
  device.createShaderModule = (descriptor) =>
    createShaderModule.call(device, { ...descriptor, code: directives + descriptor.code });
  try {
    return body();
  } finally {
    Reflect.deleteProperty(device, 'createShaderModule');
  }
}

/** q, k, v, and the masks that were given. */
export interface FusedInputs {
  readonly q: tf.TensorInfo;
  readonly k: tf.TensorInfo;
  readonly v: tf.TensorInfo;
  readonly padding?: tf.TensorInfo;
  readonly explicit?: tf.TensorInfo;
}

const one = (name: string, tensor: tf.TensorInfo): Binding => ({ name, tensor, width: 1 });

/** The masks as every pass sees them. `dispose` when the passes are recorded. */
interface Masks {
  readonly liveShape: LiveShape;
  readonly live: tf.TensorInfo;
  readonly bindings: readonly Binding[];
  readonly dispose: () => void;
}

/** A mask as int32, whatever it holds: the dtype of a buffer is a part of every shader that reads it. */
const asBits = (mask: tf.TensorInfo, backend: WebgpuBackend) =>
  run(backend, {
    key: 'bits',
    bindings: [one('Mask', mask)],
    outputShape: mask.shape,
    dtype: 'int32',
    groups: Math.ceil(tf.util.sizeFromShape(mask.shape) / invocations),
    uniforms: '',
    uniformData: [],
    code: () => bitsCode,
  });

function prepareMasks(problem: Problem, { padding, explicit }: FusedInputs, backend: WebgpuBackend): Masks {
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
      run(backend, {
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
  return {
    liveShape,
    live,
    bindings: [one('Padding', keys), explicitBinding],
    dispose: () => {
      for (const { dataId } of made) backend.disposeData(dataId);
    },
  };
}

/** Rows per invocation at most. A software adapter takes minutes to compile what a GPU is made for. */
function mostRows({ limits, adapterInfo }: GPUDevice): number {
  const small = adapterInfo !== undefined && isSoftware(adapterInfo);
  if (small && !tf.env().getBool('NANSCOPE_FUSED_LARGE_TILES')) return 2;
  return limits.maxComputeWorkgroupStorageSize >= 32768 ? 8 : 4;
}

const widthOf = ({ headSize, valueSize }: Problem): Width =>
  headSize % 4 === 0 && valueSize % 4 === 0 ? 4 : 1;

/** The variant for a problem on a device. */
export function forwardVariant(problem: Problem, device: GPUDevice): ForwardVariant {
  const { features, adapterInfo } = device;
  const env = tf.env();
  return {
    tile: tileFor(problem.queries, [problem.valueSize], mostRows(device)),
    width: widthOf(problem),
    half: problem.half,
    storage: problem.half && features.has('shader-f16') && env.getBool('NANSCOPE_FUSED_F16') ? 'f16' : 'f32',
    // Eight neighbours exchange registers, so a subgroup must hold them all.
    subgroups:
      features.has('subgroups') &&
      (adapterInfo?.subgroupMinSize ?? 0) >= side &&
      env.getBool('NANSCOPE_FUSED_SUBGROUPS'),
  };
}

function slice(
  backend: WebgpuBackend,
  packed: tf.TensorInfo,
  start: number,
  outputShape: number[],
): tf.TensorInfo {
  return run(backend, {
    key: 'slice',
    bindings: [one('Packed', packed)],
    outputShape,
    dtype: 'float32',
    groups: Math.ceil(tf.util.sizeFromShape(outputShape) / invocations),
    uniforms: 'start : i32,',
    uniformData: [{ type: 'int32', data: [start] }],
    code: () => sliceCode,
  });
}

/** @returns the context `[B, H, T, Dv]`, and maximum and sum of every row `[B, H, T, 2]`. */
export function runForward(problem: Problem, inputs: FusedInputs, backend: WebgpuBackend): tf.TensorInfo[] {
  const { batch, heads, queries, valueSize } = problem;
  const masks = prepareMasks(problem, inputs, backend);
  const variant = forwardVariant(problem, backend.device);
  const { tile, width, storage, subgroups } = variant;
  const tiles = Math.ceil(queries / tileRows(tile));
  const groups = batch * heads * tiles;
  const rows = batch * heads * queries;
  const packed = run(backend, {
    key: `forward_${tileKey(tile)}_${width}_${problem.half}_${storage}_${subgroups}`,
    bindings: [
      { name: 'Q', tensor: inputs.q, width },
      { name: 'K', tensor: inputs.k, width },
      { name: 'V', tensor: inputs.v, width },
      one('Live', masks.live),
      ...masks.bindings,
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
  backend.disposeData(packed.dataId);
  masks.dispose();
  return [context, stats];
}

/** What the forward pass left, and the gradient of its context. */
export interface BackwardInputs extends FusedInputs {
  readonly context: tf.TensorInfo;
  readonly stats: tf.TensorInfo;
  readonly dout: tf.TensorInfo;
}

/** @returns the gradients of q, k and v. */
export function runBackward(
  problem: Problem,
  inputs: BackwardInputs,
  backend: WebgpuBackend,
): tf.TensorInfo[] {
  const { batch, heads, keyHeads, queries, keys, headSize, valueSize } = problem;
  const masks = prepareMasks(problem, inputs, backend);
  const width = widthOf(problem);
  const rowCount = batch * heads * queries;
  const rows = run(backend, {
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
  const bindings: Binding[] = [
    { name: 'Q', tensor: inputs.q, width },
    { name: 'K', tensor: inputs.k, width },
    { name: 'V', tensor: inputs.v, width },
    { name: 'Dout', tensor: inputs.dout, width },
    { name: 'Rows', tensor: rows, width: 4 },
    ...masks.bindings,
  ];
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
    return run(backend, {
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
  for (const { dataId } of [packed, rows]) backend.disposeData(dataId);
  masks.dispose();
  return [{ ...dq, shape: [batch, heads, queries, headSize] }, dk, dv];
}
