/** The claims about the cause: which mask reaches the kernel, and what becomes of causality. */
import { type Claim, lossWords } from './claim.ts';

const theory = { compose: 'causal-dropped' } as const;

/** What `sdpa` of real systems does: -inf, with and without a guard. */
const sdpaCells = [
  { attn: 'sdpa', fill: 'additive-inf', 'row-guard': 'none' },
  { attn: 'sdpa', fill: 'additive-inf', 'row-guard': 'zeros' },
] as const;
const finiteEager = { attn: 'eager', fill: 'additive-finfo-min' } as const;
const attendAll = { attn: 'sdpa', fill: 'additive-inf', 'row-guard': 'attend-all' } as const;

export const causeClaims: readonly Claim[] = [
  {
    number: 2,
    claim: 'The root cause is that is_causal is False when a mask is given.',
    experiment:
      'the mask that reaches the kernel against tril AND padding, cell by cell; then causality really dropped',
    cells: [{}, theory],
    observed: ({ see, facts: { mask } }) =>
      `${mask.differing} of ${mask.cells} mask cells differ from tril AND padding; loss ${lossWords(see({}))} with that mask, ${lossWords(see(theory))} with causality dropped`,
    decide({ see, facts: { mask } }) {
      const nan = see({}).loss === 'NaN';
      if (see(theory).loss === 'NaN' || (nan && mask.future > 0)) return 'holds';
      return nan && mask.differing === 0 && see(theory).loss === 'finite'
        ? 'does not hold'
        : 'cannot be decided here';
    },
    because: () => ({
      'does not hold':
        'The mask already holds causality, and with causality dropped there is no NaN at all: no row is fully masked then.',
    }),
  },
  {
    number: 3,
    claim: 'SDPA receives a mask of the padding only.',
    experiment:
      'open cells above the diagonal in the mask that reaches the kernel; then a mask of the padding only',
    cells: [theory],
    observed: ({ see, facts: { mask } }) =>
      `${mask.future} open cells above the diagonal; with a mask of the padding only: NaN map ${see(theory).nanMap}, ${see(theory).leaks.length} positions see their future`,
    decide({ see, facts: { mask } }) {
      if (mask.future > 0) return 'holds';
      return see(theory).nanMap === 'none' && see(theory).leak !== 'none'
        ? 'does not hold'
        : 'cannot be decided here';
    },
    because: () => ({
      'does not hold':
        'A mask of the padding only would give no NaN, and would show the future to every position.',
    }),
  },
  {
    number: 4,
    claim: 'Future tokens are visible under SDPA.',
    experiment: 'later tokens are changed; which earlier logits move?',
    cells: [...sdpaCells, finiteEager, attendAll],
    observed({ see }) {
      const words = (name: string, changes: Claim['cells'][number]) => {
        const { leaks, leak } = see(changes);
        return `${name}: ${leaks.length} positions${leak === 'labelled' ? ', one of them with a live label' : ''}`;
      };
      return [
        words('sdpa, unguarded', sdpaCells[0]),
        words('sdpa, zero rows', sdpaCells[1]),
        words('sdpa, attend-all', attendAll),
        words('eager, finfo.min', finiteEager),
      ].join('; ');
    },
    decide({ see }) {
      if (sdpaCells.some((changes) => see(changes).leak !== 'none')) return 'holds';
      // That nothing moves says something only where a leak would be seen.
      return [finiteEager, attendAll].every((changes) => see(changes).leak === 'labelled')
        ? 'does not hold'
        : 'cannot be decided here';
    },
    because: () => ({
      holds: 'Logits of sdpa move with later tokens.',
      'does not hold':
        'Not under SDPA with a -inf mask. It is true of two repairs: one finite fill for the combined mask, and opening masked rows to everything; both let the last pad, whose prediction is judged, see the future.',
    }),
  },
  {
    number: 5,
    claim: 'A mask together with is_causal=True is the right call.',
    experiment:
      'an explicit mask and causality given together to each implementation: error, AND, or one of them ignored',
    cells: [],
    observed: ({ facts }) =>
      Object.entries(facts.maskAndCausal)
        .map(([name, what]) => `${name}: ${what}`)
        .join('; '),
    decide: ({ facts }) =>
      Object.values(facts.maskAndCausal).every((what) => what === 'AND') ? 'partly' : 'does not hold',
    because: () => ({
      partly:
        'Here both are joined by AND, and so are they in ONNX; in PyTorch the call is undefined (MATH and MPS raise an error; the CPU flash kernel joined them in 2.4.1, 2.5.1 and 2.13.0 and raises the same error in 2.15.0), and it repairs nothing, because the mask holds causality already.',
      'does not hold': 'An implementation here does not join them by AND: the call is not portable.',
    }),
  },
];
