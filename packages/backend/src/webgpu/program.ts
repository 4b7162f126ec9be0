/** The shape of our own WGSL programs: one invocation per output element, laid out flat. */
import { util } from '@tensorflow/tfjs';
import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';

/** Bit tests that hold where a driver assumes that NaN does not occur: only integers are compared. */
const bitHelpers = `
fn isNaNBits(x : f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
`;

/**
 * @param shaderKey Every option that changes the code must be in it: compiled pipelines are cached by it.
 * @param body Statements that see `index` and write `result[index]`.
 */
export function flatProgram(
  outputShape: number[],
  variableNames: string[],
  shaderKey: string,
  body: string,
  { functions = '', uniforms }: { functions?: string; uniforms?: string } = {},
): WebGPUProgram {
  const workgroupSize: [number, number, number] = [64, 1, 1];
  return {
    variableNames,
    outputShape,
    workgroupSize,
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [Math.max(1, Math.ceil(util.sizeFromShape(outputShape) / workgroupSize[0])), 1, 1],
    shaderKey: `nanscope_${shaderKey}`,
    size: true,
    ...(uniforms ? { uniforms } : {}),
    getUserCode: () => `
      ${bitHelpers}
      ${functions}
      fn main(index : i32) {
        if (index < uniforms.size) {
          ${body}
        }
      }`,
  };
}
