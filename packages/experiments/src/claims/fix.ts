/** The claims about the fix: eager attention, and choosing it on MPS. */
import type { Observation } from '../cell/outcome.ts';
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
    decide({ see }) {
      const seen = repairs.map(([, changes]) => see(changes));
      const [sdpa, combined, twice] = seen as [Observation, Observation, Observation];
      if ([combined, twice].some(({ loss }) => loss !== 'finite')) return 'does not hold';
      if (sdpa.loss !== 'finite') return 'cannot be decided here';
      const losses = new Set(seen.map(lossWords));
      const without = new Set(repairs.map(([, changes]) => lossWords(see(ignored(changes)))));
      const leaks = combined.leak === 'labelled';
      if (losses.size === 1 && !leaks) return 'holds';
      return losses.size === repairs.length && without.size === 1 && leaks
        ? 'partly'
        : 'cannot be decided here';
    },
    because: () => ({
      partly:
        'It is finite, but it is another loss: every repair of a masked row predicts the first real token differently, and with one combined finite mask that prediction sees the future. Without that label all agree.',
      'does not hold': 'Eager with a finite fill is not finite.',
    }),
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
    decide({ see }) {
      const isNan = (changes: Changes) => see(changes).loss === 'NaN';
      if (!isNan({})) return 'cannot be decided here';
      if (isNan(finiteEager)) return 'does not hold';
      if (!isNan(unguardedEager)) return 'holds';
      return isNan(guardedSdpa) ? 'cannot be decided here' : 'partly';
    },
    because: () => ({
      holds: 'Eager is finite whatever its fill.',
      partly:
        'It removes the NaN, for a reason other than the one given: eager fills with a finite number. Eager with -inf is NaN just the same, and a row guard mends sdpa itself.',
      'does not hold': 'Eager with a finite fill is NaN as well.',
    }),
  },
];
