/** The NaN of attention: a query that may attend to no key. */
import { coordinate, coordinatesOf } from '../coordinates.ts';
import { inScope } from '../inputs.ts';
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

export const fullyMaskedRow: MechanismRule = {
  name: 'fully masked row',
  shows:
    'NaN in attention fills whole rows of queries with no allowed key; the scores that arrive hold -inf, no NaN and no +inf',
  find(scene) {
    const { record, inputs, given, context } = scene;
    if (record.health!.nan === 0 || given.nan > 0 || given.posInf > 0 || !fillsRows(scene)) return undefined;
    const attention =
      inScope(record, 'attn', 'attention', 'masked', 'probs', 'context') || kernelIs(scene, 'Softmax');
    if (!attention) return undefined;
    const masked = inputs.filter((input) => (input.health?.negInf ?? 0) > 0);
    const at = firstQuery(scene);
    if (context?.mask && at) {
      const queries = context.mask.fullyMasked[at.batch] ?? [];
      if (!queries.includes(at.query)) return undefined;
      const scores = masked.length > 0 ? `; its masked scores are all -inf (${listed(masked)})` : '';
      return `query ${at.query} of batch row ${at.batch} has 0 allowed keys (${queries.length} such queries in that row)${scores}`;
    }
    if (masked.length === 0) return undefined;
    if (kernelIs(scene, 'Softmax')) {
      return `${listed(masked)} holds -inf but no NaN and no +inf: a softmax row is NaN only when all of it is -inf`;
    }
    const maximum = masked.find((input) => input.record?.kernel === 'Max');
    return kernelIs(scene, 'Sub') && maximum
      ? `the row maximum is -inf in ${maximum.health!.negInf} rows (${maximum.from}), so those rows are all -inf, and -inf - (-inf) is NaN`
      : undefined;
  },
};
