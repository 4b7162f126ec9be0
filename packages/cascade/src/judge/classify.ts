/**
 * Classes each record from the classes of its inputs and its output: gen, prop, kill, clean. Pure. Which of
 * these are intended is benign.ts; where the first one sits and why is origin.ts.
 */
import { nonFinite } from '../types.ts';
import { benignReason } from './benign.ts';
import type { BatchContext } from './context.ts';
import { inputsOf, sumInputs, type TraceData } from './inputs.ts';

/**
 * - `gen`: the output holds a kind of non-finite (NaN, or infinity of either sign) that no input holds
 * - `prop`: the output holds non-finites, all of kinds that an input holds
 * - `kill`: an input holds a non-finite, the output holds none
 * - `clean`: neither does
 */
export type OpClass = 'gen' | 'prop' | 'kill' | 'clean';

export interface Judgement {
  readonly class: OpClass;
  /** For a gen: the kind that was born. NaN is named when both were. */
  readonly born?: 'NaN' | 'Inf';
  /** For a NaN born from infinities: true, so that the walk can go on to the infinity's own birth. */
  readonly fromInfinity?: true;
  /** Why this is intended. Absent when it is not, and for `clean`. */
  readonly benign?: string;
}

/**
 * One judgement per record, in order.
 *
 * @param context lets the mask's own -inf be told from an accidental one by count; optional
 */
export function classifyOps(trace: TraceData, context?: BatchContext): Judgement[] {
  const judgements: Judgement[] = [];
  /** Externals whose non-finites turned out to be intended, by the rule of their first consumer. */
  const benignExternals = new Set<string>();
  for (const record of trace.records) {
    const inputs = inputsOf(trace, record);
    const given = sumInputs(inputs);
    const poisoned = given.nan + given.posInf + given.negInf > 0;
    const { health } = record;
    if (nonFinite(health) === 0) {
      if (!poisoned || !health) {
        judgements.push({ class: poisoned ? 'kill' : 'clean' });
      } else {
        judgements.push({ class: 'kill' });
      }
    } else {
      const bornNaN = health!.nan > 0 && given.nan === 0;
      const bornInf = health!.posInf + health!.negInf > 0 && given.posInf + given.negInf === 0;
      if (bornNaN)
        judgements.push({ class: 'gen', born: 'NaN', ...(poisoned && { fromInfinity: true as const }) });
      else if (bornInf) judgements.push({ class: 'gen', born: 'Inf' });
      else judgements.push({ class: 'prop' });
    }
    const index = judgements.length - 1;
    const judgement = judgements[index]!;
    if (judgement.class === 'clean') continue;

    const inputsBenign = record.inputs.every((ref, i) => {
      if (nonFinite(inputs[i]!.health) === 0) return true;
      return 'record' in ref
        ? judgements[ref.record]!.benign !== undefined
        : benignExternals.has(ref.external);
    });
    const benign =
      judgement.class === 'kill'
        ? inputsBenign
          ? "the mask's -inf ends here, as intended"
          : undefined
        : benignReason({ record, inputs, context, inputsBenign });
    if (benign === undefined) continue;
    judgements[index] = { ...judgement, benign };
    if (judgement.class !== 'kill') {
      for (const ref of record.inputs) if ('external' in ref) benignExternals.add(ref.external);
    }
  }
  return judgements;
}
