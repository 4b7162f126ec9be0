/**
 * Names the mechanism by which a record came to hold a non-finite value, from evidence in the trace. The rules are a
 * table (mechanisms/): the first that can show its evidence wins, and when none can, the answer is `unknown`.
 */
import type { BatchContext } from './context.ts';
import { inputsOf, sumInputs, type TraceData } from './inputs.ts';
import { mechanismRules } from './mechanisms/index.ts';
import { type Mechanism, outcome, type Scene } from './mechanisms/rule.ts';

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
