/**
 * What happens to finished sums before they are stored: bias, then activation, four columns at a time. A NaN is
 * passed on by its bits, so that no activation can turn it into a number.
 */

/** WGSL expressions of the sums `x`; `weight` is prelu's, `uniforms.alpha` leakyrelu's. All are vec4<f32>. */
const activations = {
  linear: 'x',
  relu: 'select(zero, x, x > zero)',
  relu6: 'clamp(x, zero, vec4<f32>(6.0))',
  elu: 'select(exp(x) - 1.0, x, x >= zero)',
  prelu: 'select(weight * x, x, x >= zero)',
  leakyrelu: 'select(uniforms.alpha * x, x, x >= zero)',
  sigmoid: '1.0 / (1.0 + exp(-x))',
} as const;

export type Activation = keyof typeof activations;

/** @throws when tfjs has an activation that is not known here. */
export function activationNamed(name: unknown): Activation {
  if (name === null || name === undefined) return 'linear';
  if (typeof name === 'string' && name in activations) return name as Activation;
  throw new Error(`matMul: the activation ${String(name)} has no WebGPU implementation.`);
}

const declare = (name: string) => `${name}Step : vec4<i32>, ${name}Row : i32, ${name}Column : i32, `;

/** In the order in which `uniformData` passes them. */
export const finishUniforms = `${declare('bias')}${declare('weight')}alpha : f32, `;

/** Past the last column this reads what is not used: WGSL keeps it inside the buffer. */
function read(buffer: string, name: string): string {
  const first = `dot(at, uniforms.${name}Step) + row * uniforms.${name}Row`;
  const four = [0, 1, 2, 3].map((i) => `${buffer}[first + (column + ${i}) * uniforms.${name}Column]`);
  return `fn ${name}At(at : vec4<i32>, row : i32, column : i32) -> vec4<f32> {
  let first = ${first};
  return vec4<f32>(${four.join(', ')});
}`;
}

/** `fn finish(sum, at, row, column)`: columns column..column+3, where `at` is the place along the batch axes. */
export function finishFunction(hasBias: boolean, activation: Activation): string {
  const prelu = activation === 'prelu';
  return `
${hasBias ? read('Bias', 'bias') : ''}
${prelu ? read('Weight', 'weight') : ''}
fn finish(sum : vec4<f32>, at : vec4<i32>, row : i32, column : i32) -> vec4<f32> {
  let x = sum${hasBias ? ' + biasAt(at, row, column)' : ''};
  ${activation === 'linear' ? 'return x;' : finishActivation(activation, prelu)}
}`;
}

function finishActivation(activation: Activation, prelu: boolean): string {
  return `let zero = vec4<f32>();
  ${prelu ? 'let weight = weightAt(at, row, column);' : ''}
  let nan = (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
  return select(${activations[activation]}, x, nan);`;
}
