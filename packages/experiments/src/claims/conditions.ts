/** The claims about conditions: what is needed for the NaN, and what the arithmetic has to do with it. */

import { type AttentionProbeOutcome, type MpsRule, resolve } from '@nanscope/device';
import { type Changes, type Claim, combinations } from './claim.ts';

/** The report's case with one of its conditions taken away. */
const withoutReported: readonly (readonly [name: string, changes: Changes])[] = [
  ['eager instead of sdpa', { attn: 'eager' }],
  ['right padding and a sliding window', { 'padding-side': 'right', cause: 'window', layers: '2' }],
  ['training instead of evaluation', { mode: 'training' }],
  ["the first token's label ignored, two layers", { labels: 'ignore-first', layers: '2' }],
];

/** The report's case with one of ours taken away. */
const withoutOurs: readonly (readonly [name: string, changes: Changes])[] = [
  ['one allowed key', { keys: '1' }],
  ['a row guard', { 'row-guard': 'zeros' }],
  ['a finite fill', { fill: 'finfo-min' }],
];

const dtypes = combinations({ 'compute-dtype': ['f32', 'f16'], layers: ['1', '2'] });
const keyCells = combinations({ keys: ['0', '1', '2'] });

export const conditionClaims: readonly Claim[] = [
  {
    number: 6,
    claim: 'All five conditions are needed: MPS, SDPA, left padding, evaluation, the causal-LM collator.',
    experiment:
      "one condition at a time is taken away from the report's case; `nanscope matrix` runs the whole factorial",
    cells: [
      {},
      ...withoutReported.map(([, changes]) => changes),
      ...withoutOurs.map(([, changes]) => changes),
    ],
    observed({ see }) {
      const list = (rows: typeof withoutReported, loss: 'NaN' | 'finite') =>
        rows.flatMap(([name, changes]) => (see(changes).loss === loss ? [name] : []));
      const all = [...withoutReported, ...withoutOurs];
      return `the NaN stays with ${list(all, 'NaN').join(', ') || 'none of them'}; it goes with ${list(all, 'finite').join(', ') || 'none of them'}`;
    },
    decide({ see }) {
      const isNan = ([, changes]: readonly [string, Changes]) => see(changes).loss === 'NaN';
      if (see({}).loss !== 'NaN' || withoutOurs.some(isNan)) return 'cannot be decided here';
      return withoutReported.some(isNan) ? 'partly' : 'holds';
    },
    because(all) {
      const needed = withoutReported.filter(([, changes]) =>
        all.some(({ see }) => see(changes).loss !== 'NaN'),
      );
      if (needed.length > 0)
        return {
          partly: `The NaN goes with ${needed.map(([name]) => name).join(', ')}, and stays with the others.`,
        };
      const cpu = all.some(({ gpu }) => !gpu);
      return {
        partly: `None of the five is needed for the NaN itself: that takes a query without an allowed key, a fill of -inf, and no row guard. Left padding is one way to such a query, and evaluation matters in PyTorch only because its MPS kernel is chosen without gradients.${cpu ? '' : ' (No CPU device was asked for, so MPS itself was not taken away.)'}`,
      };
    },
  },
  {
    number: 7,
    claim: 'exp(-inf) is not clean, and sums near zero overflow.',
    experiment:
      'rows with 0, 1 and 2 allowed keys: exp(-inf), the sum of the exponentials, the softmax; the same in a model',
    cells: keyCells,
    observed({ see, facts }) {
      const rows = facts.rows.map(
        ({ keys, sum, softmax }) =>
          `${keys} ${keys === 1 ? 'key' : 'keys'}: sum ${sum === 0 ? 'exactly 0' : sum.toFixed(4)}, softmax ${softmax}`,
      );
      const model = keyCells.map((changes) => see(changes).loss);
      return `exp(-inf) is ${facts.expOfMinusInfinity === 0 ? 'exactly 0' : facts.expOfMinusInfinity}; ${rows.join('; ')}; model loss with 0, 1, 2 keys: ${model.join(', ')}`;
    },
    decide({ see, facts }) {
      const unclean = facts.rows.some(
        ({ keys, sum, softmax }) => !Number.isFinite(sum) || (keys > 0 && softmax === 'NaN'),
      );
      if (facts.expOfMinusInfinity !== 0 || unclean) return 'holds';
      const onlyWithoutKeys =
        facts.rows.every(
          ({ keys, sum, softmax }) => (softmax === 'NaN') === (keys === 0) && (sum === 0) === (keys === 0),
        ) && keyCells.every((changes) => (see(changes).loss === 'NaN') === (changes.keys === '0'));
      return onlyWithoutKeys ? 'does not hold' : 'cannot be decided here';
    },
    because: () => ({
      'does not hold':
        'exp(-inf) is exactly 0 and so is its sum. The only bad count is no key at all: -inf - (-inf), or 0/0, is NaN. One key is enough for a finite row.',
    }),
  },
  {
    number: 8,
    claim: 'MPS computes in fp16.',
    experiment: 'the same case with attention in f32 and in f16; are the NaN maps equal?',
    cells: dtypes,
    observed({ see }) {
      return dtypes
        .map(
          (c) =>
            `${c['compute-dtype']}, ${c.layers === '1' ? 'one layer' : 'two layers'}: ${see(c).layers.at(-1)![0]}`,
        )
        .join('; ');
    },
    decide({ see }) {
      const maps = (dtype: 'f32' | 'f16') =>
        dtypes
          .filter((changes) => changes['compute-dtype'] === dtype)
          .map((changes) => see(changes).layers.at(-1)!.join());
      const [f32, f16] = [maps('f32'), maps('f16')];
      if (f32.every((map) => map.includes('N')) && f32.join() === f16.join()) return 'does not hold';
      const onlyHalf = f16.some((map) => map.includes('N')) && !f32.some((map) => map.includes('N'));
      return onlyHalf ? 'holds' : 'cannot be decided here';
    },
    because: () => ({
      holds: 'There is NaN in float16 only.',
      'does not hold':
        'The NaN does not need it: float32 gives the same map. (What a Metal driver computes float32 inputs in was not measured on Apple hardware; its kernel is float32 by its source.)',
    }),
  },
];

// What the resolver's MPS rule makes of an Apple GPU in each of its modes. Pure: from adapter facts, on any machine.

/** The facts that a resolver sees of an Apple GPU under WebGPU. */
const apple: Parameters<typeof resolve>[1] = [
  {
    id: 'webgpu',
    available: true,
    facts: {
      id: 'webgpu',
      version: 'recorded',
      adapter: {
        vendor: 'apple',
        architecture: 'metal-3',
        device: '',
        description: 'Metal driver on macOS',
        api: 'metal',
        software: false,
        features: [],
      },
      capabilities: { gpu: true, shaderF16: true, subgroups: true, strictNumerics: false },
    },
  },
];

const probed = (implementation: 'eager' | 'sdpa', passed: boolean): AttentionProbeOutcome => ({
  implementation,
  probe: 'fully-masked-row',
  passed,
  detail: '',
});

/** The attention chosen on Metal: by the rule `eager`, by probes that sdpa passes or fails, and with the rule off. */
export function mpsRuleOutcomes(): Readonly<
  Record<'eager' | 'probe, sdpa passes' | 'probe, sdpa fails' | 'off', string>
> {
  const decide = (mpsRule: MpsRule, sdpaPasses: boolean) =>
    resolve({ device: 'mps', attention: 'auto', mpsRule }, apple, [
      probed('sdpa', sdpaPasses),
      probed('eager', true),
    ]).attention;
  return {
    eager: decide('eager', true),
    'probe, sdpa passes': decide('probe', true),
    'probe, sdpa fails': decide('probe', false),
    off: decide('off', false),
  };
}
