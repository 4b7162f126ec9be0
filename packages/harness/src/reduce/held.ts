/**
 * What a reduction holds fixed, and whether a case still shows it: the op at which the fault is born with its mechanism,
 * or the op at which two devices first differ in class with what that means. Pure.
 */

import { systemsOf } from '@nanscope/attention';
import type { ClassDivergence } from '@nanscope/cascade';
import {
  anyLayer,
  backendName,
  type CauseRecord,
  type OriginRecord,
  type ReducedRecord,
} from '@nanscope/record';
import type { Answer } from './search/search.ts';

export type Held =
  | { readonly kind: 'origin'; readonly op: string; readonly mechanism: string }
  | { readonly kind: 'divergence'; readonly op: string; readonly label: string };

/** What a case showed. */
export interface Shown {
  readonly origin?: OriginRecord;
  /** With two devices: the first op whose classes differ. */
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

/** What each mechanism accuses; all others are arithmetic of finite numbers. */
const accused: Readonly<Record<string, CauseRecord['kind']>> = {
  'fully masked row': 'mask',
  'gradient of a select': 'mask',
  'external input': 'weights',
  'kernel fault': 'device',
  'out-of-range read': 'device',
  'kernel divergence': 'device',
  'kernel bug suspected': 'device',
  unknown: 'unknown',
  undecided: 'unknown',
  inherited: 'unknown',
};

type Facts = Pick<ReducedRecord, 'held' | 'policy' | 'decision' | 'model'>;

/** Whose a fault is, as far as its mechanism tells: of the mask's arithmetic, of a kernel, of a weight, or of the numbers. Pure. */
export function causeOf({ held, policy, decision, model }: Facts): CauseRecord {
  const found = held.kind === 'origin' ? held.mechanism : held.label;
  const kind = accused[found] ?? (held.kind === 'origin' ? 'numbers' : 'unknown');
  switch (kind) {
    case 'mask':
      return { kind, ...ownerOfMask(policy.name) };
    case 'device':
      return { kind, owner: `the backend ${backendName(decision.backend)} (${backendName(decision.label)})` };
    case 'weights':
      return { kind, owner: `the model ${model}` };
    case 'numbers':
      return { kind, owner: `the model ${model} and its data` };
    case 'unknown':
      return { kind, owner: 'not known' };
    default:
      return kind satisfies never;
  }
}

/** Where a system computes something else by now. */
const mended: Readonly<Record<string, string>> = {
  'torch-2.4': 'PyTorch 2.5 and later give zeros for such a row (pytorch#133882)',
  'torch-mps-2.8': 'PyTorch 2.9 and later guard such a row there as well (pytorch#157727)',
};

/** @param policy the name of a preset, and what was changed about it */
function ownerOfMask(policy: string): Pick<CauseRecord, 'owner' | 'changed'> {
  const [preset = '', ...changes] = policy.split(' ');
  const system = systemsOf(preset) || `whoever masks as ${preset} does`;
  if (changes.length > 0) return { owner: `${system}, with ${changes.join(', ')}` };
  const changed = mended[preset];
  return { owner: system, ...(changed !== undefined && { changed }) };
}
