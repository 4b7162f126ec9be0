/** The claims about what is seen: that there is NaN, where it stands, how it goes on. */
import { byAll, type Claim, combinations, lossWords, refutedBy } from './claim.ts';

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
    judge: (all) =>
      byAll(
        all,
        ({ see }) =>
          see({ 'padding-side': 'left', fill: 'additive-inf', 'row-guard': 'none' }).loss === 'NaN' &&
          see({ 'padding-side': 'left', fill: 'additive-inf', 'row-guard': 'zeros' }).loss === 'finite',
        'For a kernel that fills with -inf and has no row guard. A guard, a finite fill, or right padding, and it is gone; the device does not matter.',
      ),
  },
  {
    number: 9,
    claim: 'CPU and CUDA do not fail.',
    experiment: 'the unguarded kernel on every device; are the NaN maps equal?',
    cells: [{ layers: '2' }],
    observed: ({ see }) => `NaN map after two layers: ${see({ layers: '2' }).layers.at(-1)!.join(' ')}`,
    judge(all) {
      const cpus = all.filter(({ gpu }) => !gpu);
      if (cpus.length === 0)
        return {
          verdict: 'cannot be decided here',
          because: 'No CPU device was asked for: add one to --device.',
        };
      return refutedBy(
        cpus,
        ({ see }) => see({ layers: '2' }).loss === 'NaN',
        'An unguarded softmax over a row of -inf is NaN on a CPU too. What differed was the guard of the kernel, not the device.',
      );
    },
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
    judge: (all) =>
      byAll(
        all,
        ({ see }) => {
          const { nanMap, layers, rowLosses } = see({ layers: '2' });
          const [first, other] = layers[1]!;
          return (
            first === 'NNN.....' &&
            !other!.includes('N') &&
            nanMap === 'whole-sequence' &&
            Number.isNaN(rowLosses[0]) &&
            Number.isFinite(rowLosses[1])
          );
        },
        'In two steps, and within one sequence: the first layer makes NaN at padded positions only, the second carries it to every position of that sequence through 0 * NaN. Other sequences of the batch stay finite.',
      ),
  },
  {
    number: 11,
    claim: 'NaN at [0,0,0] shows that causality is missing.',
    experiment: 'the padded sequence in batch row 0, then in batch row 1; where does the cascade begin?',
    cells: [{ row: '0' }, { row: '1' }],
    observed: ({ see }) => `row 0: ${see({ row: '0' }).origin}; row 1: ${see({ row: '1' }).origin}`,
    judge: (all) =>
      refutedBy(
        all,
        ({ see }) =>
          see({ row: '0' }).origin.endsWith('[0,0,0]') && see({ row: '1' }).origin.endsWith('[1,0,0]'),
        'It is the first query without an allowed key, and moves with the padding.',
      ),
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
    judge: (all) =>
      byAll(
        all,
        ({ see }) => {
          const ignored = see({ mode: 'training', labels: 'ignore-first' });
          return ignored.loss === 'finite' && ignored.gradients === 'NaN';
        },
        'Even where the loss is finite: the backward pass multiplies the NaN of an ignored position by 0, which is NaN.',
      ),
  },
];
