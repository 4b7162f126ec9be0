/** NaN out of infinities: the arithmetic that has no answer. Each rule names the inputs that hold what it needs. */
import { type Input, isPoisoned, matrixProducts } from '../context.ts';
import { kernelIs, listed, type MechanismRule, outcome, type Scene } from './rule.ts';

// Magnitudes of inputs at level `full`; undefined where they were not measured.

/** The largest float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

/** Inputs that can hold a non-finite value: int32 and bool cannot. */
export const floats = (inputs: readonly Input[]): Input[] => inputs.filter(({ health }) => health);

const isMeasured = ({ health }: Input): boolean => health?.zero !== undefined;

export const areMeasured = (inputs: readonly Input[]): boolean => floats(inputs).every(isMeasured);

/** Largest finite magnitude: 0 when no element is finite. */
export function largest(input: Input | undefined): number | undefined {
  return input && isMeasured(input) ? (input.health!.amax ?? 0) : undefined;
}

/**
 * Whether the input may hold a zero; subnormals count, as a device may flush them. True when that was not measured:
 * then the kernel's result is the only evidence there is.
 */
export function mayHoldZero(input: Input | undefined): boolean {
  if (!input?.health) return false;
  return !isMeasured(input) || input.health.zero! + input.health.subnormal! > 0;
}

/** Whether the input may hold a finite value below `bound`, or -inf. True when that was not measured. */
export function mayHoldBelow(input: Input | undefined, bound: number): boolean {
  if (!input?.health) return false;
  if (input.health.negInf > 0 || !isMeasured(input)) return true;
  return input.health.min !== undefined && input.health.min < bound;
}

/** What is known of the zeros, for an evidence: ` (3 zeros)`. */
export function zeroWords(input: Input | undefined): string {
  return input && isMeasured(input) ? ` (${input.health!.zero} zeros)` : '';
}

/** What is known of the smallest value, for an evidence: ` (smallest -1)`. */
export function smallestWords(input: Input | undefined): string {
  return input?.health?.min === undefined ? '' : ` (smallest value ${input.health.min})`;
}

const plus = (input: Input | undefined) => (input?.health?.posInf ?? 0) > 0;
const minus = (input: Input | undefined) => (input?.health?.negInf ?? 0) > 0;
const infinite = (input: Input | undefined) => plus(input) || minus(input);

/** A NaN came out, none went in, and an infinity did. */
function madeOfInfinities({ record, given }: Scene): boolean {
  return record.health!.nan > 0 && given.nan === 0 && given.posInf + given.negInf > 0;
}

const evidence = (scene: Scene): string => {
  const { given, inputs, record } = scene;
  return `inputs hold ${given.posInf} +inf and ${given.negInf} -inf but no NaN (${listed(inputs.filter(isPoisoned))}); ${record.kernel} gave ${outcome(scene)}`;
};

/** Whether infinities meet that a subtraction cancels. */
function infinitiesMeet(scene: Scene): boolean {
  const { inputs } = scene;
  const [a, b] = inputs;
  switch (scene.record.kernel) {
    case 'Sub':
      return (plus(a) && plus(b)) || (minus(a) && minus(b));
    case 'Add':
    case 'AddV2':
    case 'AddN':
    case 'Sum':
    case 'Cumsum':
    case 'UnsortedSegmentSum':
    case 'Mean':
      return inputs.some(plus) && inputs.some(minus);
    // They subtract a mean or a maximum, which is infinite when an element is.
    case 'LayerNorm':
    // The two numbers of a pair are added, each times a number of either sign.
    case 'Rotary':
      return infinite(a);
    case 'Softmax':
    case 'LogSoftmax':
    case 'SparseCrossEntropy':
      return plus(a);
    default:
      return false;
  }
}

export const infinityMinusInfinity: MechanismRule = {
  name: 'inf - inf',
  shows:
    'no NaN in, and infinities whose difference is taken: of one sign in both inputs of Sub, of both signs in a sum, any that a mean or a maximum is subtracted from',
  find: (scene) => (madeOfInfinities(scene) && infinitiesMeet(scene) ? evidence(scene) : undefined),
};

export const zeroTimesInfinity: MechanismRule = {
  name: '0 * inf',
  shows: 'no NaN in, and a product of an input with an infinity and one with a zero',
  find(scene) {
    if (!madeOfInfinities(scene)) return undefined;
    const { inputs } = scene;
    const [a, b] = inputs;
    if (kernelIs(scene, ...matrixProducts, 'Multiply')) {
      const meets = (infinite(a) && mayHoldZero(b)) || (infinite(b) && mayHoldZero(a));
      return meets ? evidence(scene) : undefined;
    }
    // The mean of squares is infinite there, and x is divided by its root.
    if (kernelIs(scene, 'RmsNorm')) return infinite(a) ? evidence(scene) : undefined;
    // x times a factor that is 0 at -inf.
    return kernelIs(scene, 'GeluNew') && minus(a) ? evidence(scene) : undefined;
  },
};

/** In a product without zeros infinities of both signs can only add up. */
export const infiniteProducts: MechanismRule = {
  name: 'inf - inf',
  shows: 'in a matrix product: an infinity in, and no zero that it could meet',
  find: (scene) =>
    madeOfInfinities(scene) && kernelIs(scene, ...matrixProducts) ? evidence(scene) : undefined,
};

export const infinityByInfinity: MechanismRule = {
  name: 'inf / inf',
  shows: 'no NaN in, and infinities in both inputs of RealDiv, or in the gradient of an AdamW step',
  find(scene) {
    if (!madeOfInfinities(scene)) return undefined;
    const [a, b] = scene.inputs;
    const meets = kernelIs(scene, 'RealDiv') ? infinite(a) && infinite(b) : kernelIs(scene, 'AdamWStep');
    return meets ? evidence(scene) : undefined;
  },
};
