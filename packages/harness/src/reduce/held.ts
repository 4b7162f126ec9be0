/**
 * What a reduction holds fixed, and whether a case still shows it: the op at which the fault is born with its mechanism,
 * or the op at which two devices first differ in class with what that means. Pure.
 */
import type { ClassDivergence } from '@nanscope/cascade';
import { anyLayer, type OriginRecord } from '@nanscope/record';
import type { Answer } from './search/search.ts';

export type Held =
  | { readonly kind: 'origin'; readonly op: string; readonly mechanism: string }
  | { readonly kind: 'divergence'; readonly op: string; readonly label: string };

/** What a case showed. */
export interface Shown {
  readonly origin?: OriginRecord;
  /** Of two devices: the first op whose classes differ. */
  readonly divergence?: Pick<ClassDivergence, 'key' | 'label' | 'reason'>;
}

export const heldOrigin = ({ key, mechanism }: Pick<OriginRecord, 'key' | 'mechanism'>): Held => ({
  kind: 'origin',
  // In a smaller model the layers are counted anew.
  op: anyLayer(key),
  mechanism: mechanism.name,
});

export const heldDivergence = ({ key, label }: { readonly key: string; readonly label: string }): Held => ({
  kind: 'divergence',
  op: anyLayer(key),
  label,
});

/** What was shown in the terms of what is held; undefined where nothing of the kind is there. */
export function inTermsOf(held: Held, { origin, divergence }: Shown): Held | undefined {
  if (held.kind === 'origin') return origin && heldOrigin(origin);
  return divergence && heldDivergence(divergence);
}

/** Whether it is the same; what the run left undecided a case may decide, against the kernel. */
function isSame(held: Held, found: Held): boolean {
  const decided =
    held.kind === 'divergence' &&
    held.label === 'undecided' &&
    found.kind === 'divergence' &&
    found.label === 'kernel bug suspected';
  return JSON.stringify(decided ? { ...found, label: held.label } : found) === JSON.stringify(held);
}

export function answerOf(held: Held, shown: Shown): Exclude<Answer, 'broken'> {
  const found = inTermsOf(held, shown);
  if (found === undefined) return 'passes';
  return isSame(held, found) ? 'fails' : 'other';
}

export const heldWords = (held: Held): string =>
  held.kind === 'origin' ? `${held.mechanism} at ${held.op}` : `${held.label} at ${held.op}`;
