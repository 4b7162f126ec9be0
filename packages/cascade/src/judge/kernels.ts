/** What kernels do to values, as far as judging needs it: which only move them, which multiply, which may turn a sign. */
import type { OpRecord } from '../types.ts';
import type { Input } from './inputs.ts';

/** Matrix products. */
export const matrixProducts = ['BatchMatMul', '_FusedMatMul', 'Linear'] as const;

/** Kernels whose every output element is an input element, picked by place: they compute nothing. */
export const pickers: ReadonlySet<string> = new Set([
  ...['BroadcastTo', 'Concat', 'ExpandDims', 'GatherNd', 'GatherV2', 'Identity', 'Pack', 'Reshape'],
  ...['Reverse', 'Slice', 'SplitV', 'StridedSlice', 'Tile', 'TopK', 'Transpose', 'Unpack'],
]);

/** The same, or a constant (padding, the other side of a select, a bound). */
const movers: ReadonlySet<string> = new Set([
  ...pickers,
  ...['Cast', 'ClipByValue', 'Max', 'Maximum', 'Min', 'Minimum', 'PadV2', 'Relu', 'Relu6', 'ScatterNd'],
  ...['Select', 'SelectMasked', 'Softmax', 'Exp', 'Log', 'Sqrt', 'Add', 'AddN', 'Sum', 'Mean', 'Cumsum'],
  'UnsortedSegmentSum',
]);

/**
 * Whether the infinities that came out may be those that went in: of the same sign, or through a kernel that can
 * turn the sign. Sub turns that of its second input only. Of a kernel that is not known nothing is said against it.
 */
export function carriesInfinity(record: OpRecord, inputs: readonly Input[]): boolean {
  const { posInf, negInf } = record.health!;
  const holds = (kind: 'posInf' | 'negInf', of: readonly (Input | undefined)[]) =>
    of.some((input) => (input?.health?.[kind] ?? 0) > 0);
  if ((posInf > 0 && !holds('posInf', inputs)) || (negInf > 0 && !holds('negInf', inputs))) {
    if (movers.has(record.kernel)) return false;
    if (record.kernel === 'Sub') {
      const [, second] = inputs;
      return (
        (posInf === 0 || holds('posInf', inputs) || holds('negInf', [second])) &&
        (negInf === 0 || holds('negInf', inputs) || holds('posInf', [second]))
      );
    }
  }
  return holds('posInf', inputs) || holds('negInf', inputs);
}
