/** The claims about what is seen: that there is NaN, where it stands, how it goes on. */
import type { Observation } from '../cell/cell.ts';
import { type Changes, type Claim, combinations, lossWords } from './claim.ts';
import { mpsRuleOutcomes } from './conditions.ts';

const fills = ['select-inf', 'additive-inf', 'finfo-min'] as const;
const sides = ['left', 'right'] as const;

export const symptomClaims: readonly Claim[] = [
  {
    number: 1,
    claim: 'NaN occurs with SDPA on MPS with left padding.',
    experiment: 'sdpa over padding side x mask fill x row guard; where is the loss NaN?',
    cells: combinations({ 'padding-side': sides, fill: fills, 'row-guard': ['none', 'zeros'] }),
    observed({ see }) {
      const nan = this.cells.filter((changes) => see(changes).loss === 'NaN');
      const words = nan.map((c) => `${c['padding-side']} padding, ${c.fill}, row guard ${c['row-guard']}`);
      return `NaN loss in ${nan.length} of ${this.cells.length} cells${nan.length > 0 ? `: ${words.join('; ')}` : ''}`;
    },
    decide({ see }) {
      const isNan = (changes: Changes) => see(changes).loss === 'NaN';
      if (!this.cells.some(isNan)) return 'does not hold';
      const expected = (c: Changes) =>
        c['padding-side'] === 'left' && c.fill !== 'finfo-min' && c['row-guard'] === 'none';
      return this.cells.every((changes) => isNan(changes) === expected(changes)) ? 'holds' : 'partly';
    },
    because: () => ({
      holds:
        'For a kernel that fills with -inf and has no row guard. A guard, a finite fill, or right padding, and it is gone; the device does not matter.',
      partly: 'There is NaN, and not only where a kernel fills with -inf and has no row guard.',
      'does not hold': 'No cell is NaN.',
    }),
  },
  {
    number: 9,
    claim: 'Only MPS fails; CPU and CUDA are fine.',
    experiment: 'the unguarded kernel on every device; are the NaN maps equal?',
    cells: [{ layers: '2' }],
    observed: ({ see }) => `NaN map after two layers: ${see({ layers: '2' }).layers.at(-1)!.join(' ')}`,
    decide({ gpu, see }) {
      if (gpu) return undefined;
      const { loss, nanMap } = see({ layers: '2' });
      if (loss !== 'NaN') return 'holds';
      return nanMap === 'whole-sequence' ? 'does not hold' : 'partly';
    },
    because: (all) => ({
      holds: 'The unguarded kernel is finite there.',
      'does not hold':
        'An unguarded softmax over a row of -inf is NaN on a CPU too. What differed was the guard of the kernel, not the device.',
      ...(all.every(({ gpu }) => gpu) && {
        'cannot be decided here': 'No CPU device was asked for: add one to --device.',
      }),
    }),
  },
  {
    number: 10,
    claim: 'The NaN goes through all layers, the loss and the metrics.',
    experiment: 'layer x position map of one and of two layers; the loss of each batch row',
    cells: [{ layers: '2' }],
    observed({ see }) {
      const { layers, rowLosses } = see({ layers: '2' });
      const words = layers.map((rows, l) => (l === 0 ? '' : `layer ${l}: ${rows.join(' ')}`)).slice(1);
      return `${words.join('; ')}; row losses ${rowLosses.map((x) => (Number.isNaN(x) ? 'NaN' : 'finite')).join(', ')}`;
    },
    decide({ see }) {
      const { nanMap, layers, rowLosses } = see({ layers: '2' });
      const [first, other] = layers[1]!;
      if (!first!.includes('N')) return 'cannot be decided here';
      if (layers[2]!.join() === layers[1]!.join()) return 'does not hold';
      const inSteps = first === 'NNN.....' && !other!.includes('N') && nanMap === 'whole-sequence';
      return inSteps && Number.isNaN(rowLosses[0]) && Number.isFinite(rowLosses[1]) ? 'holds' : 'partly';
    },
    because: () => ({
      holds:
        'In two steps, and within one sequence: the first layer makes NaN at padded positions only, the second carries it to every position of that sequence through 0 * NaN. Other sequences of the batch stay finite.',
      'does not hold': 'The NaN of the first layer stays where it is.',
    }),
  },
  {
    number: 11,
    claim: 'NaN at [0,0,0] shows that causality is missing.',
    experiment: 'the padded sequence in batch row 0, then in batch row 1; where does the cascade begin?',
    cells: [{ row: '0' }, { row: '1' }],
    observed: ({ see }) => `row 0: ${see({ row: '0' }).origin}; row 1: ${see({ row: '1' }).origin}`,
    decide({ see }) {
      const [first, second] = [see({ row: '0' }).origin, see({ row: '1' }).origin];
      if (!first.endsWith('[0,0,0]')) return 'cannot be decided here';
      if (second.endsWith('[0,0,0]')) return 'holds';
      return second.endsWith('[1,0,0]') ? 'does not hold' : 'cannot be decided here';
    },
    because: () => ({
      holds: 'It stays there wherever the padding is.',
      'does not hold': 'It is the first query without an allowed key, and moves with the padding.',
    }),
  },
  {
    number: 12,
    claim: 'The gradients become NaN.',
    experiment: "backward through one layer, with and without the first real token's label",
    cells: combinations({ mode: ['training'], labels: ['clm', 'ignore-first'] }),
    observed({ see }) {
      return this.cells
        .map((changes) => {
          const seen = see(changes);
          return `labels ${changes.labels}: loss ${lossWords(seen)}, ${seen.nanGradients} of ${seen.parameters} gradients NaN`;
        })
        .join('; ');
    },
    decide({ see }) {
      const [both, ignored] = this.cells.map(see) as [Observation, Observation];
      if (both.gradients === 'finite' && ignored.gradients === 'finite') return 'does not hold';
      const poisoned = both.gradients === 'NaN' && ignored.gradients === 'NaN';
      return poisoned && ignored.loss === 'finite' ? 'holds' : 'partly';
    },
    because: () => ({
      holds:
        'Even where the loss is finite: the backward pass multiplies the NaN of an ignored position by 0, which is NaN.',
      'does not hold': 'All gradients are finite.',
    }),
  },
];

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

/** The claims about the fix: eager attention, and choosing it on MPS. */
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
        'It removes the NaN, for a reason other than the one given: eager fills with a finite number. Eager with -inf is NaN too, and a row guard repairs sdpa itself.',
      'does not hold': 'Eager with a finite fill is NaN as well.',
    }),
  },
];
