/**
 * What happens to a finished sum before it is stored: bias, then activation. A NaN is passed on by its bits, so
 * that no activation can turn it into a number.
 */

/** WGSL expressions of the sum `x`; `weight` is prelu's, `uniforms.alpha` leakyrelu's. */
const activations = {
  linear: 'x',
  relu: 'select(0.0, x, x > 0.0)',
  relu6: 'clamp(x, 0.0, 6.0)',
  elu: 'select(exp(x) - 1.0, x, x >= 0.0)',
  prelu: 'select(weight * x, x, x >= 0.0)',
  leakyrelu: 'select(uniforms.alpha * x, x, x >= 0.0)',
  sigmoid: '1.0 / (1.0 + exp(-x))',
} as const;

export type Activation = keyof typeof activations;

/** @throws when tfjs has an activation that is not known here. */
export function activationNamed(name: unknown): Activation {
  if (name === null || name === undefined) return 'linear';
  if (typeof name === 'string' && name in activations) return name as Activation;
  throw new Error(`matMul: the activation ${String(name)} has no WebGPU implementation.`);
}

/** Uniforms of a spread tensor, in the order in which `spreadUniforms` passes them. */
const declare = (name: string) => `${name}Step : vec4<i32>, ${name}Row : i32, ${name}Column : i32, `;

export const finishUniforms = `${declare('bias')}${declare('weight')}alpha : f32, `;

const read = (buffer: string, name: string) =>
  `${buffer}[dot(at, uniforms.${name}Step) + row * uniforms.${name}Row + column * uniforms.${name}Column]`;

/** `fn finish(sum, at, row, column)`, where `at` is the place along the four batch axes. */
export function finishFunction(hasBias: boolean, activation: Activation): string {
  const weight = activation === 'prelu' ? `let weight = ${read('Weight', 'weight')};` : '';
  const guard =
    activation === 'linear' ? '' : 'if ((bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u) { return x; }';
  return `
fn finish(sum : f32, at : vec4<i32>, row : i32, column : i32) -> f32 {
  let x = sum${hasBias ? ` + ${read('Bias', 'bias')}` : ''};
  ${weight}
  ${guard}
  return ${activations[activation]};
}`;
}
