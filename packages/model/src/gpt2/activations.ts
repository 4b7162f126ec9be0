/**
 * The nonlinearities that config.json can name for the MLP, by Hugging Face's names. Which op computes each is in
 * kernels/activation.ts; names and formulas are those of transformers' ACT2FN.
 */
import { nearest } from '@nanscope/errors';

/** Function by name; several names stand for one function. */
const functions = {
  gelu_new: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  gelu_python_tanh: 'gelu_new',
  gelu_accurate: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_10: 'gelu_10',
  quick_gelu: 'quick_gelu',
  relu: 'relu',
  relu2: 'relu2',
  relu6: 'relu6',
  leaky_relu: 'leaky_relu',
  silu: 'silu',
  swish: 'silu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  mish: 'mish',
  hardswish: 'hardswish',
  laplace: 'laplace',
  linear: 'linear',
} as const;

/** A name that config.json may hold. */
export type ActivationName = keyof typeof functions;

/** What is computed. */
export type ActivationFunction = (typeof functions)[ActivationName];

export const activationNames = Object.keys(functions) as [ActivationName, ...ActivationName[]];

export const isActivationName = (name: unknown): name is ActivationName =>
  typeof name === 'string' && Object.hasOwn(functions, name);

/** Functions of ACT2FN with weights of their own, which a model here has no place for. */
const withWeights: readonly unknown[] = ['prelu', 'xielu'];

/** What to say of a name that is none: `: it has ...`, ` (did you mean silu?)`, or nothing. */
export function activationHint(name: unknown): string {
  if (withWeights.includes(name)) return ': it has weights of its own, which are not supported';
  const near = typeof name === 'string' ? nearest(name, activationNames) : undefined;
  return near === undefined ? '' : ` (did you mean ${near}?)`;
}

export const activationFunction = (name: ActivationName): ActivationFunction => functions[name];
