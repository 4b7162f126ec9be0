/** Arguments outside of a kernel's domain: no infinity is needed to make one of these. */
import { mayHoldBelow, mayHoldZero, smallestWords, zeroWords } from './magnitudes.ts';
import { kernelIs, type MechanismRule, outcome } from './rule.ts';

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

export const zeroByZero: MechanismRule = {
  name: '0 / 0',
  shows: 'RealDiv makes NaN of inputs without NaN or infinities, and both hold a zero',
  find(scene) {
    const { record, given, inputs } = scene;
    if (!kernelIs(scene, 'RealDiv') || record.health!.nan === 0) return undefined;
    if (given.nan + given.posInf + given.negInf > 0) return undefined;
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
