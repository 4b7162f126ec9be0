/** The NaN of attention: a query that may attend to no key. */
import { coordinate, coordinatesOf } from '../coordinates.ts';
import { inScope } from '../inputs.ts';
import { zeroByZero } from './domain.ts';
import { infinityMinusInfinity } from './infinities.ts';
import { reachOf } from './reach.ts';
import { kernelIs, listed, type MechanismRule, type Scene } from './rule.ts';

/** The first NaN's batch row and query, when the output has such coordinates. */
function firstQuery({ record, context }: Scene): { batch: number; query: number } | undefined {
  const at = coordinatesOf(record, record.health!.firstNaN!, context);
  const batch = coordinate(at, 'batch');
  const query = coordinate(at, 'query') ?? coordinate(at, 'position');
  return batch === undefined || query === undefined ? undefined : { batch, query };
}

/** Whether whole rows are NaN: a row without a key has no finite element, a single NaN has another cause. */
export function fillsRows({ record, context }: Scene): boolean {
  const { nan, firstNaN } = record.health!;
  const last = coordinatesOf(record, firstNaN!, context).coordinateNames.at(-1);
  if (last !== 'key' && last !== 'channel') return true;
  const length = record.shape.at(-1)!;
  return nan % length === 0 && firstNaN! % length === 0;
}

/** How this kernel makes NaN of a row without a key; undefined for one that can not, such as Max. */
function wayToNaN(scene: Scene): string | undefined {
  const masked = scene.inputs.filter((input) => (input.health?.negInf ?? 0) > 0);
  const known = reachOf(scene) !== undefined;
  const takesRows = kernelIs(scene, 'Softmax', 'LogSoftmax') || !known;
  if (masked.length > 0 && (takesRows || infinityMinusInfinity.find(scene) !== undefined)) {
    return `its masked scores are all -inf (${listed(masked)})`;
  }
  // Scores and mask never leave this kernel: what the mask says is the evidence.
  if (kernelIs(scene, 'FusedAttention')) return 'scores and mask are inside the kernel';
  // Weights that add up to 0, divided by their sum.
  return zeroByZero.find(scene);
}

export const fullyMaskedRow: MechanismRule = {
  name: 'fully masked row',
  shows:
    'NaN in attention fills whole rows of queries with no allowed key; the scores that arrive hold -inf and no NaN or +inf, or weights that are all 0 are divided by their sum',
  find(scene) {
    const { record, inputs, given, context } = scene;
    if (record.health!.nan === 0 || given.nan > 0 || given.posInf > 0 || !fillsRows(scene)) return undefined;
    const attention =
      inScope(record, 'attn', 'self_attn', 'attention', 'masked', 'probs', 'context') ||
      kernelIs(scene, 'Softmax');
    if (!attention) return undefined;
    const how = wayToNaN(scene);
    if (how === undefined) return undefined;
    const at = firstQuery(scene);
    if (context?.mask && at) {
      const queries = context.mask.fullyMasked[at.batch] ?? [];
      if (!queries.includes(at.query)) return undefined;
      return `query ${at.query} of batch row ${at.batch} has 0 allowed keys (${queries.length} such queries in that row); ${how}`;
    }
    // Without the mask's facts only a row that is known to be all -inf is evidence enough.
    const masked = inputs.filter((input) => (input.health?.negInf ?? 0) > 0);
    const maximum = masked.find((input) => input.record?.kernel === 'Max');
    if (masked.length === 0 || !(kernelIs(scene, 'Softmax', 'LogSoftmax') || maximum)) return undefined;
    return maximum
      ? `the row maximum is -inf in ${maximum.health!.negInf} rows (${maximum.from}), so those rows are all -inf, and -inf - (-inf) is NaN`
      : `${listed(masked)} holds -inf but no NaN and no +inf: a softmax row is NaN only when all of it is -inf`;
  },
};
