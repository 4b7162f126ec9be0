/** From a judgement to the verdict of a case. Pure. */
import type { ConformCase, Judgement } from '../case.ts';
import { type Measured, measure } from './compare.ts';

export interface ControlResult {
  readonly name: string;
  /** Whether the wrong answer was told from the right one, as it must be. */
  readonly refuted: boolean;
}

export interface CaseResult {
  readonly id: string;
  readonly status: 'pass' | 'fail' | 'refused';
  /** One sentence; of a case that did not pass. */
  readonly reason?: string;
  readonly accuracy: string;
  /** Of the comparison that came nearest to what is allowed, or went furthest beyond. */
  readonly required: number;
  readonly allowed: number;
  readonly tensors: readonly Measured[];
  readonly controls: readonly ControlResult[];
}

/** How much of what is allowed was needed; above 1 is too much. */
const share = ({ required, allowed }: Measured) =>
  required === 0 ? 0 : allowed === 0 ? Number.POSITIVE_INFINITY : required / allowed;

/** What is told of a case, whatever it is about. */
type Named = Pick<ConformCase, 'id' | 'accuracy'>;

export function verdict({ id, accuracy }: Named, { comparisons, controls }: Judgement): CaseResult {
  const tensors = comparisons.map(measure);
  const controlResults = controls.map((control) => ({
    name: control.name,
    refuted: control.comparisons.some((comparison) => !measure(comparison).passed),
  }));
  const failed = tensors.filter(({ passed }) => !passed);
  const blind = controlResults.find(({ refuted }) => !refuted);
  const worst = tensors.reduce((a, b) => (share(b) > share(a) ? b : a), tensors[0]!);
  const reason =
    tensors.length === 0
      ? 'nothing was compared'
      : failed.length > 0
        ? failed.map(({ name, failure }) => `${name}: ${failure}`).join('; ')
        : controls.length === 0
          ? 'the case has no control'
          : blind && `control: ${blind.name} passes as well`;
  return {
    id,
    accuracy,
    status: reason === undefined ? 'pass' : 'fail',
    ...(reason !== undefined && { reason }),
    required: worst?.required ?? Number.POSITIVE_INFINITY,
    allowed: worst?.allowed ?? 0,
    tensors,
    controls: controlResults,
  };
}

/** A case that gave no numbers: refused, or ended by an error. */
export function withoutNumbers(
  { id, accuracy }: Named,
  status: 'fail' | 'refused',
  reason: string,
): CaseResult {
  return {
    id,
    status,
    reason,
    accuracy,
    required: Number.NaN,
    allowed: Number.NaN,
    tensors: [],
    controls: [],
  };
}
