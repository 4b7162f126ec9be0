/** The claims about the fix: eager attention, and choosing it on MPS. */
import { type Changes, type Claim, lossWords } from './claim.ts';
import { mpsRuleOutcomes } from './mps-rule.ts';

const guardedSdpa: Changes = { attn: 'sdpa', 'row-guard': 'zeros' };
const finiteEager: Changes = { attn: 'eager', fill: 'additive-finfo-min' };

/** Losses of the repairs of a fully masked row, on the same weights and the same batch. */
const repairs: readonly (readonly [name: string, changes: Changes])[] = [
  ['sdpa, zero rows', guardedSdpa],
  ['eager, one finfo.min mask', finiteEager],
  ['eager, finfo.min twice', { attn: 'eager', fill: 'additive-finfo-min', compose: 'causal-twice' }],
];
const ignored = (changes: Changes): Changes => ({ ...changes, labels: 'ignore-first' });
const unguardedEager: Changes = { attn: 'eager' };

export const fixClaims: readonly Claim[] = [
  {
    number: 13,
    claim: 'Eager attention handles both masks correctly.',
    experiment:
      "losses of eager and sdpa on the same weights, with and without the first real token's label; does the future leak?",
    cells: repairs.flatMap(([, changes]) => [changes, ignored(changes)]),
    observed: ({ see }) =>
      repairs
        .map(([name, changes]) => {
          const leak = see(changes).leak === 'labelled' ? ', sees the future' : '';
          return `${name}: ${lossWords(see(changes))} (${lossWords(see(ignored(changes)))} without that label)${leak}`;
        })
        .join('; '),
    judge(all) {
      const same = all.every(({ see }) => {
        const losses = repairs.map(([, changes]) => lossWords(see(changes)));
        const without = repairs.map(([, changes]) => lossWords(see(ignored(changes))));
        return new Set(losses).size === losses.length && new Set(without).size === 1;
      });
      return {
        verdict: 'partly',
        because: same
          ? 'It is finite, but it is another loss: every repair of a masked row predicts the first real token differently, and with one combined finite mask that prediction sees the future. Without that label all agree.'
          : 'Not every device shows the same.',
      };
    },
  },
  {
    number: 14,
    claim: 'The fix is to choose eager attention on MPS.',
    experiment:
      'eager with its finite fill, eager with the fill of sdpa, and sdpa with a row guard instead; what the MPS rule chooses on a recorded Apple adapter in each of its modes',
    cells: [finiteEager, unguardedEager, guardedSdpa, {}],
    observed({ see }) {
      const chosen = Object.entries(mpsRuleOutcomes()).map(([mode, attention]) => `${mode}: ${attention}`);
      const losses = [
        `sdpa, -inf: ${lossWords(see({}))}`,
        `eager, finfo.min: ${lossWords(see(finiteEager))}`,
        `eager, -inf: ${lossWords(see(unguardedEager))}`,
        `sdpa, -inf, zero rows: ${lossWords(see(guardedSdpa))}`,
      ];
      return `${losses.join('; ')}; the MPS rule takes ${chosen.join(', ')}`;
    },
    judge(all) {
      const shown = all.every(
        ({ see }) =>
          see({}).loss === 'NaN' &&
          see(finiteEager).loss === 'finite' &&
          see(unguardedEager).loss === 'NaN' &&
          see(guardedSdpa).loss === 'finite',
      );
      return {
        verdict: 'partly',
        because: shown
          ? 'It removes the NaN, for a reason other than the one given: eager fills with a finite number. Eager with -inf is NaN just the same, and a row guard mends sdpa itself.'
          : 'Not every device shows the same.',
      };
    },
  },
];
