/** The WebGPU program of a plan: code, bindings, dispatch and uniform data, which must agree in order. */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';
import { type Plan, planKey, type Spread } from './plan.ts';
import { skinnyFunctions, skinnyInvocations } from './skinny.wgsl.ts';
import {
  type Activation,
  finishFunction,
  finishUniforms,
  tileFunctions,
  tileInvocations,
} from './tile.wgsl.ts';

/**
 * How workgroups find their part of the product: one flat list of (matrix of the batch, tile), so that no
 * dimension of the dispatch passes WebGPU's limit, whatever the sizes.
 */
const limit = 65535;

export function groupDispatch(groups: number): [number, number, number] {
  return [Math.min(groups, limit), Math.ceil(groups / limit), 1];
}

const groupUniforms = 'batch : vec4<i32>, aStep : vec4<i32>, bStep : vec4<i32>, groups : i32, ';

/**
 * `groupIndex()`: groups past the last one do the last one again, because an early return would make the barriers
 * non-uniform. `batchAt(matrix)`: the place of a matrix along the four batch axes.
 */
const groupFunctions = `
fn groupIndex() -> i32 {
  return min(i32(workgroupId.x + workgroupId.y * ${limit}u), uniforms.groups - 1);
}
fn batchAt(matrix : i32) -> vec4<i32> {
  let size = uniforms.batch;
  return vec4<i32>(
    matrix / (size.y * size.z * size.w),
    (matrix / (size.z * size.w)) % size.y,
    (matrix / size.w) % size.z,
    matrix % size.w);
}`;

/** What follows the sum. */
export interface Finish {
  readonly bias: Spread | undefined;
  readonly weight: Spread | undefined;
  readonly activation: Activation;
  readonly alpha: number;
}

const uniforms = `${groupUniforms}rows : i32, columns : i32, inner : i32, rowTiles : i32, columnTiles : i32, rowsFirst : i32, rowStep : i32, columnStep : i32, ${finishUniforms}`;

export function programOf(plan: Plan, { bias, activation }: Finish): WebGPUProgram {
  const { problem, aWidth, bWidth } = plan;
  const { a, b, outputShape } = problem;
  const skinny = plan.kind === 'skinny';
  const outputWidth = skinny ? 1 : plan.outputWidth;
  const hasBias = bias !== undefined;
  const prelu = activation === 'prelu';
  return {
    variableNames: ['A', 'B', ...(hasBias ? ['Bias'] : []), ...(prelu ? ['Weight'] : [])],
    variableComponents: [aWidth, bWidth, ...(hasBias ? [1] : []), ...(prelu ? [1] : [])],
    outputComponent: outputWidth,
    // The rank differs from that of the flat inputs: tfjs would compile again where they happen to broadcast to each other.
    outputShape: [tf.util.sizeFromShape(outputShape), 1],
    workgroupSize: [skinny ? skinnyInvocations : tileInvocations, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: groupDispatch(plan.groups),
    shaderKey: `nanscope_${planKey(plan)}_${hasBias}_${activation}`,
    uniforms,
    getUserCode: () => `
      ${groupFunctions}
      ${finishFunction(hasBias, activation)}
      ${
        skinny
          ? skinnyFunctions(problem.rows, a.innerContiguous, b.innerContiguous, bWidth)
          : tileFunctions(plan.tile, a.innerContiguous, b.innerContiguous, aWidth, bWidth, plan.outputWidth)
      }`,
  };
}

interface UniformData {
  readonly type: string;
  readonly data: number[];
}

const int32 = (...data: number[]): UniformData => ({ type: 'int32', data });

/** In the order of `uniforms`. */
export function uniformData(plan: Plan, { bias, weight, alpha }: Finish): UniformData[] {
  const { problem, groups, rowTiles, columnTiles } = plan;
  const { rows, columns, inner, batch, a, b, rowStep, columnStep } = problem;
  const spread = (given: Spread | undefined) => {
    const { step, row, column } = given ?? { step: [0, 0, 0, 0], row: 0, column: 0 };
    return [int32(...step), int32(row), int32(column)];
  };
  return [
    int32(...batch),
    int32(...a.step),
    int32(...b.step),
    ...[
      groups,
      rows,
      columns,
      inner,
      rowTiles,
      columnTiles,
      columns >= rows ? 1 : 0,
      rowStep,
      columnStep,
    ].map((value) => int32(value)),
    ...spread(bias),
    ...spread(weight),
    { type: 'float32', data: [alpha] },
  ];
}
