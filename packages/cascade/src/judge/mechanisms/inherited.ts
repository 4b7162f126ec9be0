/** Non-finite values that were there before the kernel ran: in an input of the step, or in what an earlier kernel left. */
import { type Health, nonFinite } from '../../types.ts';
import { unravel } from '../coordinates.ts';
import { inScope, isPoisoned } from '../inputs.ts';
import { carriesInfinity, matrixProducts } from '../kernels.ts';
import { kernelIs, listed, type MechanismRule, type Scene } from './rule.ts';

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
