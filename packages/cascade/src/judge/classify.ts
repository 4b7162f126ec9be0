/**
 * Classes each record from the classes of its inputs and its output: gen, prop, kill, clean. Pure. Which of
 * these are intended is benign.ts; where the first one sits and why is origin.ts.
 */
import { nonFinite, type OpRecord } from '../types.ts';
import { benignReason } from './benign.ts';
import {
  type BatchContext,
  carriesInfinity,
  type Input,
  inputsOf,
  inScope,
  isPoisoned,
  sumInputs,
  type TraceData,
} from './context.ts';
import { mechanismRules } from './mechanisms/index.ts';
import { type Mechanism, outcome, type Scene } from './mechanisms/rule.ts';

/**
 * - `gen`: the output holds a kind of non-finite (NaN, or an infinity) that no input holds, or an infinity of a sign
 *   that the kernel cannot have made of those that went in
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
  /** For a prop of infinities: the NaN that went in as well ended here. */
  readonly ended?: 'NaN';
  /** Why this is intended. Absent when it is not, and for `clean`. */
  readonly benign?: string;
}

function classOf(record: OpRecord, inputs: readonly Input[]): Judgement {
  const given = sumInputs(inputs);
  const infinitiesIn = given.posInf + given.negInf > 0;
  const poisoned = given.nan > 0 || infinitiesIn;
  const { health } = record;
  if (!health || nonFinite(health) === 0) return { class: poisoned ? 'kill' : 'clean' };
  if (health.nan > 0 && given.nan === 0) {
    return { class: 'gen', born: 'NaN', ...(infinitiesIn && { fromInfinity: true as const }) };
  }
  // A -inf of a mask that went in does not explain a +inf out of a kernel that turns no sign.
  if (health.posInf + health.negInf > 0 && !carriesInfinity(record, inputs)) {
    return { class: 'gen', born: 'Inf' };
  }
  return { class: 'prop', ...(given.nan > 0 && health.nan === 0 && { ended: 'NaN' as const }) };
}

const clean: Judgement = { class: 'clean' };

/** Whether neither the output nor an input holds anything but finite numbers: of most records, so it is asked first and makes nothing. */
function isClean({ records, externals }: TraceData, { health, inputs }: OpRecord): boolean {
  if (nonFinite(health) > 0) return false;
  for (const ref of inputs) {
    const input = 'record' in ref ? records[ref.record] : externals[ref.external];
    if (('record' in ref && !input) || nonFinite(input?.health) > 0) return false;
  }
  return true;
}

/** Preparing a mask looks fills up in a table, -inf among them: not every table entry is used. */
function isUnusedFill(record: OpRecord, inputs: readonly Input[]): boolean {
  const { nan, posInf } = sumInputs(inputs);
  return inScope(record, 'mask') && nan === 0 && posInf === 0;
}

/**
 * One judgement per record, in order.
 *
 * @param context lets the mask's own -inf be told from an accidental one by count; optional
 */
export function classifyOps(trace: TraceData, context?: BatchContext): Judgement[] {
  const judgements: Judgement[] = [];
  /** Externals whose infinities are the mask's, by the rule of their first consumer. */
  const benignExternals = new Set<string>();
  for (const record of trace.records) {
    if (isClean(trace, record)) {
      judgements.push(clean);
      continue;
    }
    const inputs = inputsOf(trace, record);
    const judgement = classOf(record, inputs);
    const inputsBenign = record.inputs.every((ref, i) => {
      if (!isPoisoned(inputs[i]!)) return true;
      return 'record' in ref
        ? judgements[ref.record]!.benign !== undefined
        : benignExternals.has(ref.external);
    });
    let benign: string | undefined;
    if (judgement.class === 'kill') {
      if (inputsBenign) benign = "the mask's -inf ends here, as intended";
      else if (isUnusedFill(record, inputs)) benign = 'a fill of the mask that no cell takes';
    }
    if (judgement.class === 'gen' || judgement.class === 'prop') {
      benign = benignReason({ record, inputs, context, inputsBenign });
      if (benign !== undefined) {
        for (const ref of record.inputs) if ('external' in ref) benignExternals.add(ref.external);
      }
    }
    judgements.push(benign === undefined ? judgement : { ...judgement, benign });
  }
  return judgements;
}

// Names the mechanism by which a record came to hold a non-finite value, from evidence in the trace. The rules are a
// table (mechanisms/): the first that can show its evidence wins, and when none can, the answer is `unknown`.

export type { Mechanism, MechanismName } from './mechanisms/rule.ts';

/** The mechanism of record `index`, which must hold a non-finite value. */
export function mechanismOf(trace: TraceData, index: number, context?: BatchContext): Mechanism {
  const record = trace.records[index]!;
  const inputs = inputsOf(trace, record);
  const scene: Scene = { trace, record, inputs, given: sumInputs(inputs), context };
  for (const { name, find } of mechanismRules) {
    const evidence = find(scene);
    if (evidence !== undefined) return { name, evidence };
  }
  const { given } = scene;
  return {
    name: 'unknown',
    evidence: `${record.kernel} gave ${outcome(scene)}; its inputs held ${given.nan} NaN, ${given.posInf} +inf, ${given.negInf} -inf`,
  };
}
