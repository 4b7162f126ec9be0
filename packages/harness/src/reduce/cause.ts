/** Whose a fault is, as far as its mechanism tells: of the mask's arithmetic, of a kernel, of a weight, or of the numbers. Pure. */
import { systemsOf } from '@nanscope/attention';
import { backendName, type CauseRecord, type ReducedRecord } from '@nanscope/record';

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
