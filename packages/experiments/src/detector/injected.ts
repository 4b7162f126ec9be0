/** Trials with an injected fault: every kind at every place of a training step, and what the detector has to say of each. */
import type { BatchTrace, MechanismName, OpRecord } from '@nanscope/cascade';
import type { Target } from './inject.ts';
import type { StepBatch } from './training-step.ts';
import { detect, type FaultKind, type Trial } from './trial.ts';

/** Kernels that pick elements: one that none of their inputs holds was read from somewhere else. */
const picking = ['GatherV2', 'Identity', 'Pack', 'Transpose', 'Unpack'];
/** Kernels without an input: the program asked for what they give. */
const constant = ['Fill', 'Range'];

/** The only honest name for a value that was put there by hand: no arithmetic on the inputs makes it. */
function namesFor({ kernel }: OpRecord): readonly MechanismName[] {
  if (constant.includes(kernel)) return ['external input'];
  return picking.includes(kernel) ? ['out-of-range read'] : ['kernel fault'];
}

/** By arithmetic alone: whatever 1e30 does downstream. */
const arithmetic: readonly MechanismName[] = [
  ...(['exp overflow', 'sum overflow', 'matmul overflow', 'overflow', '0 / 0', 'division by 0'] as const),
  ...(['log of 0', 'log of a negative', 'square root of a negative'] as const),
];

const count = ({ health }: OpRecord) => (health ? health.nan + health.posInf + health.negInf : 0);

/**
 * The truth for a finite fault, told by the clean step, which the detector does not have: of the records that hold more
 * non-finite values than the same one of the clean step, the first that no other leads to and that leads to a result;
 * if none does, the first.
 */
function firstBeyond(clean: BatchTrace, { records }: BatchTrace): OpRecord | undefined {
  const before = new Map(clean.records.map((record) => [record.key, count(record)]));
  const beyond = records.map((record) => count(record) > (before.get(record.key) ?? 0));
  const used = new Set<number>();
  const lives = new Set<number>();
  const led = records.map(({ inputs }) => inputs.some((ref) => 'record' in ref && beyond[ref.record]));
  for (let i = records.length - 1; i >= 0; i--) {
    if (beyond[i] && !used.has(i)) lives.add(i);
    for (const ref of records[i]!.inputs) {
      if (!('record' in ref)) continue;
      used.add(ref.record);
      if (lives.has(i) && beyond[ref.record]) lives.add(ref.record);
    }
  }
  const roots = records.flatMap((_, i) => (beyond[i] && !led[i] ? [i] : []));
  const root = roots.find((i) => lives.has(i)) ?? roots[0];
  return root === undefined ? undefined : records[root];
}

export function injectedTrial(
  target: Target,
  kind: FaultKind,
  clean: BatchTrace,
  trace: BatchTrace,
  { context }: StepBatch,
): Trial {
  const { key, phase } = target.record;
  const trial = {
    family: 'injected',
    id: `${kind} at ${key}`,
    kind,
    phase,
    ...detect(trace, context),
  } as const;
  if (kind !== '1e30') return { ...trial, expected: { key, mechanisms: namesFor(target.record) } };
  const born = firstBeyond(clean, trace);
  return born
    ? { ...trial, expected: { key: born.key, mechanisms: arithmetic } }
    : { ...trial, setAside: 'nothing overflowed' };
}
