/** Non-finite values that were there before the kernel ran: in an input of the step, or in what an earlier kernel left. */
import { type Health, nonFinite } from '../../types.ts';
import { carriesInfinity, inScope, isPoisoned, matrixProducts, pickers } from '../context.ts';
import { unravel } from '../coordinates.ts';
import { areMeasured } from './infinities.ts';
import { fillsRows } from './masked-row.ts';
import { reachOf } from './overflow.ts';
import { fromFinite, kernelIs, listed, type MechanismRule, outcome, type Scene } from './rule.ts';

/** Whether the inputs hold the kind that came out. */
function holdsItAlready({ record, inputs, given }: Scene): boolean {
  return record.health!.nan > 0 ? given.nan > 0 : carriesInfinity(record, inputs);
}

/** `8 NaN and 1 infinity`. */
function countWords(health: Health): string {
  const infinite = nonFinite(health) - health.nan;
  return [
    ...(health.nan > 0 ? [`${health.nan} NaN`] : []),
    ...(infinite > 0 ? [infinite === 1 ? '1 infinity' : `${infinite} infinities`] : []),
  ].join(' and ');
}

/** Kernels that write a constant of the program. */
const constants = ['Fill', 'LinSpace', 'Range'];

export const externalInput: MechanismRule = {
  name: 'external input',
  shows: 'a weight, an input or a constant of the program was not finite before any kernel ran on it',
  find(scene) {
    const { inputs } = scene;
    if (inputs.length === 0 && kernelIs(scene, ...constants)) {
      return `${scene.record.kernel} has no input: the program asks for the value`;
    }
    const outside = inputs.filter((input) => isPoisoned(input) && !input.record);
    if (outside.length === 0 || inputs.some((input) => isPoisoned(input) && input.record)) return undefined;
    if (!holdsItAlready(scene)) return undefined;
    const what = outside.map(({ from, health }) => {
      const first = Math.min(
        health!.firstNaN ?? Number.POSITIVE_INFINITY,
        health!.firstInf ?? Number.POSITIVE_INFINITY,
      );
      const { shape } = scene.trace.externals[from]!;
      const place = Number.isFinite(first) ? `, the first at [${unravel(first, shape).join(', ')}]` : '';
      return `${from} holds ${countWords(health!)}${place}`;
    });
    return `${what.join('; ')}, before any kernel ran on it`;
  },
};

export const throughZeroWeights: MechanismRule = {
  name: 'inherited through 0 * NaN',
  shows: 'a product of attention: the weights are finite, the values hold NaN',
  find(scene) {
    const { record, inputs, given } = scene;
    if (!kernelIs(scene, ...matrixProducts, 'Multiply') || given.nan === 0 || record.health!.nan === 0)
      return undefined;
    const weights = inputs.find((input) => input.health && !isPoisoned(input));
    const values = inputs.find((input) => (input.health?.nan ?? 0) > 0);
    if (!weights || !values) return undefined;
    const attention = inScope(record, 'context') || weights.record?.path.endsWith('probs');
    return attention
      ? `the weights (${weights.from}) are finite, the values (${values.from}) hold ${values.health!.nan} NaN: a weight of 0 does not stop them`
      : undefined;
  },
};

export const inherited: MechanismRule = {
  name: 'inherited',
  shows: 'an input holds the same kind of non-finite value already',
  find: (scene) => (holdsItAlready(scene) ? `from ${listed(scene.inputs.filter(isPoisoned))}` : undefined),
};

// Values that no arithmetic on these inputs makes: the kernel read memory that is not its input's, or is broken. Both
// are suspicions, told by exclusion; a second device that ran the same step decides (compare/align.ts).

export const outOfRangeRead: MechanismRule = {
  name: 'out-of-range read',
  shows:
    'a kernel that only picks elements of its inputs (GatherV2, Slice, Transpose, ...) gives what none of them holds',
  find(scene) {
    const { record, inputs } = scene;
    if (!pickers.has(record.kernel) || inputs.length === 0) return undefined;
    return `${record.kernel} picks elements of ${listed(inputs)}, which hold no such value, and gave ${outcome(scene)}: suspected to read outside of them, or memory nobody wrote`;
  },
};

/** Whether this kernel can make a NaN of an infinity that went in, in a way that counts alone do not show: a row of -inf. */
function infinityMayDoIt(scene: Scene): boolean {
  if (fromFinite(scene)) return false;
  return (
    kernelIs(scene, 'LogSoftmax', 'Pow', 'SparseCrossEntropy') ||
    (kernelIs(scene, 'Softmax') && fillsRows(scene))
  );
}

export const kernelFault: MechanismRule = {
  name: 'kernel fault',
  shows: 'a kernel whose ways to a non-finite value are all known, and the inputs rule each of them out',
  find(scene) {
    const { record, inputs } = scene;
    const reached = reachOf(scene);
    if (!reached) return undefined;
    const { nan } = record.health!;
    // A NaN is no overflow, but for kernels in which two can meet.
    const mayOverflow = nan === 0 || reached.nan;
    if (mayOverflow && !(reached.reach !== undefined && reached.reach < reached.limit)) return undefined;
    // Without magnitudes a domain cannot be ruled out; with infinities in, only what was counted can.
    if (!areMeasured(inputs) && kernelIs(scene, 'Log', 'Log1p', 'Rsqrt', 'Sqrt')) return undefined;
    if (nan > 0 && infinityMayDoIt(scene)) return undefined;
    const given = inputs.some(isPoisoned)
      ? 'no non-finite value that could become it'
      : 'no non-finite value';
    const size =
      reached.magnitudes === undefined || reached.magnitudes.length === 0
        ? ''
        : `, the largest magnitude is ${Math.max(...reached.magnitudes)}`;
    return `${listed(inputs) || 'the arguments'} hold ${given}${size}, and yet ${record.kernel} gave ${outcome(scene)}: the kernel is suspected, a second device decides`;
  },
};
