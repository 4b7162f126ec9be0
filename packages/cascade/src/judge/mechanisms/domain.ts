/** Arguments outside of a kernel's domain: no infinity is needed to make one of these. */

import { type Health, nonFinite, type OpRecord } from '../../types.ts';
import { type Input, inputsOf } from '../context.ts';
import { mayHoldBelow, mayHoldZero, smallestWords, zeroWords } from './infinities.ts';
import { kernelIs, type MechanismRule, outcome, type Scene } from './rule.ts';

const logarithms = ['Log', 'Log1p'];

export const logOfNegative: MechanismRule = {
  name: 'log of a negative',
  shows: 'Log or Log1p makes NaN of an input without NaN that holds a value below its domain',
  find(scene) {
    const { record, given, inputs } = scene;
    const [x] = inputs;
    if (!kernelIs(scene, ...logarithms) || record.health!.nan === 0 || given.nan > 0) return undefined;
    if (!mayHoldBelow(x, record.kernel === 'Log' ? 0 : -1)) return undefined;
    return `${record.kernel} of ${x!.from}${smallestWords(x)} gave ${outcome(scene)}`;
  },
};

export const logOfZero: MechanismRule = {
  name: 'log of 0',
  shows: 'Log makes -inf of an input that holds a zero, or Log1p of one that holds -1',
  find(scene) {
    const { record, inputs } = scene;
    const [x] = inputs;
    if (!kernelIs(scene, ...logarithms) || record.health!.negInf === 0 || record.health!.posInf > 0)
      return undefined;
    const atZero = record.kernel === 'Log' ? mayHoldZero(x) : mayHoldBelow(x, -1 + Number.EPSILON);
    return atZero ? `${record.kernel} of ${x!.from}${zeroWords(x)} gave ${outcome(scene)}` : undefined;
  },
};

export const rootOfNegative: MechanismRule = {
  name: 'square root of a negative',
  shows: 'Sqrt or Rsqrt makes NaN of an input without NaN that holds a negative value',
  find(scene) {
    const { record, given, inputs } = scene;
    const [x] = inputs;
    if (!kernelIs(scene, 'Sqrt', 'Rsqrt') || record.health!.nan === 0 || given.nan > 0) return undefined;
    if (!mayHoldBelow(x, 0)) return undefined;
    return `${record.kernel} of ${x!.from}${smallestWords(x)} gave ${outcome(scene)}`;
  },
};

export const powerOfNegative: MechanismRule = {
  name: 'power of a negative',
  shows: 'Pow makes NaN of inputs without NaN, and its base holds a negative value',
  find(scene) {
    const { record, given, inputs } = scene;
    const [base] = inputs;
    if (!kernelIs(scene, 'Pow') || record.health!.nan === 0 || given.nan > 0) return undefined;
    return mayHoldBelow(base, 0)
      ? `Pow of ${base!.from}${smallestWords(base)} gave ${outcome(scene)}: a negative has no power that is not whole`
      : undefined;
  },
};

/** At least and at most how many elements may be zero in all of these, which have one shape; any number where that was not measured. */
function zerosTogether(inputs: readonly (Input | undefined)[]): readonly [number, number] {
  const size = inputs[0]?.health?.size ?? 0;
  const zeros = inputs.map((input) =>
    input?.health?.zero === undefined ? [0, size] : zerosIn(input.health),
  );
  const least = zeros.reduce((sum, [low]) => sum + low!, 0) - (inputs.length - 1) * size;
  return [Math.max(0, least), Math.min(...zeros.map(([, high]) => high!))];
}

const zerosIn = ({ zero = 0, subnormal = 0 }: Health): [number, number] => [zero, zero + subnormal];

/** At least and at most how many elements of an AdamW step have a gradient and moments of 0. */
function idleElements(inputs: readonly Input[]): readonly [number, number] {
  const moments = ['gradient', 'average', 'square'].map((name) =>
    inputs.find((input) => input.name === name),
  );
  return moments.every(mayHoldZero) ? zerosTogether(moments) : [0, 0];
}

/**
 * AdamW with an epsilon of 0 divides 0 by 0 wherever nothing ever moved a parameter: there, nowhere else, and in every
 * parameter of the step alike.
 */
function idleUpdate({ trace, record, inputs }: Scene): string | undefined {
  const mayBe = (one: OpRecord, [least, most]: readonly [number, number]) => {
    const nan = one.health?.nan ?? 0;
    return nan >= least && nan <= most;
  };
  if (record.output !== 0 || !mayBe(record, idleElements(inputs))) return undefined;
  const steps = trace.records.filter((one) => one.kernel === 'AdamWStep' && one.output === 0);
  if (!steps.every((one) => mayBe(one, [idleElements(inputsOf(trace, one))[0], Number.POSITIVE_INFINITY])))
    return undefined;
  return `${record.health!.nan} elements whose gradient and moments are 0, with an --epsilon of 0: AdamWStep divides 0 by 0 there`;
}

/** What a norm divides by, a result as well, and the setting that keeps it from 0. */
const divisors: Readonly<Record<string, readonly [result: string, epsilon: string]>> = {
  LayerNorm: ['variance', 'a layer_norm_epsilon'],
  RmsNorm: ['mean of squares', 'an rms_norm_eps'],
};

/** A norm without an epsilon divides 0 by 0: LayerNorm in every row of equal numbers, RMSNorm in every row of zeros. */
function constantRow({ trace, record }: Scene): string | undefined {
  const [result, epsilon] = divisors[record.kernel] ?? ['result', 'an epsilon'];
  if (record.output !== 0) return undefined;
  const key = record.key.replace(/0$/, '1');
  const variance = trace.records.find((one) => one.key === key);
  if (!variance || nonFinite(variance.health) > 0) return undefined;
  const input = { name: result, from: key, health: variance.health };
  if (!mayHoldZero(input)) return undefined;
  return `${record.kernel} gave NaN where its ${result} ${key}${zeroWords(input)} is 0, with ${epsilon} of 0: it divides 0 by 0 there`;
}

export const zeroByZero: MechanismRule = {
  name: '0 / 0',
  shows:
    'RealDiv makes NaN of inputs without NaN or infinities, and both hold a zero; or an AdamW step of as many elements as may have a gradient and moments of 0; or a LayerNorm whose variance holds a zero',
  find(scene) {
    const { record, given, inputs } = scene;
    if (record.health!.nan === 0 || given.nan + given.posInf + given.negInf > 0) return undefined;
    if (kernelIs(scene, 'AdamWStep')) return idleUpdate(scene);
    if (kernelIs(scene, 'LayerNorm', 'RmsNorm')) return constantRow(scene);
    if (!kernelIs(scene, 'RealDiv')) return undefined;
    const [dividend, divisor] = inputs;
    if (!mayHoldZero(dividend) || !mayHoldZero(divisor)) return undefined;
    return `RealDiv of ${dividend!.from}${zeroWords(dividend)} by ${divisor!.from}${zeroWords(divisor)} gave ${outcome(scene)}`;
  },
};

export const divisionByZero: MechanismRule = {
  name: 'division by 0',
  shows:
    'RealDiv, Reciprocal, Rsqrt, Mod or a negative power makes an infinity, and the divisor holds a zero',
  find(scene) {
    const { record, given, inputs } = scene;
    const { nan, posInf, negInf } = record.health!;
    if (given.nan > 0 || !kernelIs(scene, 'RealDiv', 'Reciprocal', 'Rsqrt', 'Mod', 'Pow')) return undefined;
    if (posInf + negInf === 0 && !(kernelIs(scene, 'Mod') && nan > 0)) return undefined;
    const divisor = kernelIs(scene, 'Pow') ? inputs[0] : inputs.at(-1);
    if (kernelIs(scene, 'Pow') && !mayHoldBelow(inputs[1], 0)) return undefined;
    if (!mayHoldZero(divisor)) return undefined;
    return `${record.kernel} by ${divisor!.from}${zeroWords(divisor)} gave ${outcome(scene)}`;
  },
};
