/** The nonlinearity of the MLP as lines of plain TensorFlow.js. Text only; what the model computes is in @nanscope/model. */
import { type ActivationName, activationFunction } from '@nanscope/model';

const gelu = 'x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1))';
const inner = 'x.pow(3).mul(0.044715).add(x).mul(Math.sqrt(2 / Math.PI))';

const formulas: Readonly<Record<ReturnType<typeof activationFunction>, string>> = {
  gelu_new: 'x.mul(0.5).mul(inner(x).tanh().add(1))',
  gelu,
  gelu_10: `${gelu}.clipByValue(-10, 10)`,
  quick_gelu: 'x.mul(x.mul(1.702).sigmoid())',
  relu: 'x.relu()',
  relu2: 'x.relu().square()',
  relu6: 'x.relu6()',
  leaky_relu: 'x.leakyRelu(0.01)',
  silu: 'x.mul(x.sigmoid())',
  sigmoid: 'x.sigmoid()',
  tanh: 'x.tanh()',
  mish: 'x.mul(x.softplus().tanh())',
  hardswish: 'x.mul(x.add(3).relu6().div(6))',
  laplace: 'x.sub(0.707107).div(0.282095 * Math.SQRT2).erf().add(1).mul(0.5)',
  linear: 'x',
};

/** What the lines of a script call it; gelu_new is the one that the field calls gelu. */
export function activationName(activation: ActivationName): string {
  const name = activationFunction(activation);
  return name === 'gelu_new' ? 'gelu' : name === 'linear' ? 'identity' : name;
}

/** The function as lines. */
export const activationLines = (activation: ActivationName): string[] => {
  const name = activationFunction(activation);
  return [
    ...(name === 'gelu_new' ? [`const inner = (x) => ${inner};`] : []),
    `const ${activationName(activation)} = (x) => ${formulas[name]};`,
  ];
};
