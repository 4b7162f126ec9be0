/** What a mechanism is, what a rule may look at, and the names there are. The rules stand beside this file, one file a family. */
import type { OpRecord } from '../../types.ts';
import type { BatchContext, Input, TraceData } from '../context.ts';

export type MechanismName =
  | 'external input'
  | 'gradient of a select'
  | 'fully masked row'
  | 'inherited through 0 * NaN'
  | 'inherited'
  | 'log of 0'
  | 'log of a negative'
  | 'square root of a negative'
  | 'power of a negative'
  | '0 / 0'
  | 'division by 0'
  | 'inf - inf'
  | '0 * inf'
  | 'inf / inf'
  | 'exp overflow'
  | 'sum overflow'
  | 'matmul overflow'
  | 'cast overflow'
  | 'overflow'
  | 'out-of-range read'
  | 'kernel fault'
  | 'kernel divergence'
  | 'unknown';

export interface Mechanism {
  readonly name: MechanismName;
  readonly evidence: string;
}

/** Everything a rule may look at. */
export interface Scene {
  readonly trace: TraceData;
  readonly record: OpRecord;
  readonly inputs: readonly Input[];
  /** Non-finites over all inputs. */
  readonly given: { readonly nan: number; readonly posInf: number; readonly negInf: number };
  readonly context: BatchContext | undefined;
}

export interface MechanismRule {
  readonly name: MechanismName;
  /** What the trace must show, as docs/mechanisms.md has it. */
  readonly shows: string;
  /** The evidence in words; undefined when the trace does not show it. */
  find(scene: Scene): string | undefined;
}

export const kernelIs = ({ record }: Pick<Scene, 'record'>, ...names: readonly string[]): boolean =>
  names.includes(record.kernel);

export const listed = (inputs: readonly Input[]): string => inputs.map(({ from }) => from).join(', ');

/** No input holds a NaN or an infinity. */
export const fromFinite = ({ given }: Scene): boolean => given.nan + given.posInf + given.negInf === 0;

/** What came out, in words. */
export function outcome({ record }: Scene): string {
  const { nan, posInf, negInf } = record.health!;
  const parts = [
    [nan, 'NaN'],
    [posInf, '+inf'],
    [negInf, '-inf'],
  ] as const;
  return parts.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', ');
}
