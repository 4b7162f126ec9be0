/**
 * Values that no arithmetic on these inputs makes: the kernel read memory that is not its input's, or is broken. Both
 * are suspicions, told by exclusion; a second device that ran the same step decides (compare/align.ts).
 */

import { isPoisoned } from '../inputs.ts';
import { pickers } from '../kernels.ts';
import { areMeasured } from './magnitudes.ts';
import { fillsRows } from './masked-row.ts';
import { reachOf } from './reach.ts';
import { fromFinite, kernelIs, listed, type MechanismRule, outcome, type Scene } from './rule.ts';

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

/** Of an infinity that went in, whether this kernel can make a NaN in a way that counts alone do not show: a row of -inf. */
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
    // Without magnitudes a domain can not be ruled out; with infinities in, only what was counted can.
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
