/** What must not reach an output does not, bit for bit: later tokens, what padding holds, the other sequences. */
import { policies } from '@nanscope/attention';
import type { AttentionNumbers, Between, ConformCase } from '../case.ts';
import { spoiledControls } from '../judge/verdict.ts';
import { base, PADS, padded, padding, poison, run, sameBits, select, type Where } from './base.ts';

const accuracy = 'the same bits';

const FIRST_LATER = 6;
const later: Where = (_b, t) => t >= FIRST_LATER;
const earlier: Where = (_b, t) => t < FIRST_LATER;
const second: Where = (b) => b === 1;

const gradientNames = ['dq', 'dk', 'dv'] as const;
const earlierGradient = poison(base.dout!, later, 0);
/** The first real token of the padded sequence. */
const firstReal: Where = (b, t) => b === 0 && t === PADS;

const laterTokens: Between = { actual: 'other later tokens', expected: 'the later tokens as they are' };

const contents = (value: number, where: string): Between => ({
  actual: `${value} in ${where}`,
  expected: `ordinary numbers in ${where}`,
});

const poisoned = (where: Where, value: number) => ({
  q: poison(base.q, where, value),
  k: poison(base.k, where, value),
  v: poison(base.v, where, value),
});

const causalLeak: ConformCase = {
  id: 'metamorphic:causal-leak',
  accuracy,
  runs: [
    run(),
    run(poisoned(later, 0.5)),
    run({ mask: { padding } }),
    run({ mask: { padding }, v: poison(base.v, later, 0.5) }),
  ],
  judge(results) {
    const [plain, changed, leaking, leaked] = results as AttentionNumbers[];
    return {
      comparisons: sameBits(changed!, plain!, earlier, ['out'], laterTokens),
      controls: [
        { name: 'later queries see later tokens', comparisons: sameBits(changed!, plain!, later, ['out']) },
        {
          name: 'without causality earlier ones do',
          comparisons: sameBits(leaked!, leaking!, earlier, ['out']),
        },
      ],
    };
  },
};

/** With the later rows of the gradient 0, no gradient comes from a later token, and none goes to one. */
const causalGradient: ConformCase = {
  id: 'metamorphic:causal-gradient',
  accuracy: 'the same bits at earlier tokens, 0 at later ones',
  runs: [
    run({ dout: earlierGradient }),
    run({ ...poisoned(later, 0.5), dout: earlierGradient }),
    run({ dout: earlierGradient, mask: { padding } }),
  ],
  judge(results) {
    const [plain, changed, open] = results as AttentionNumbers[];
    const gone = gradientNames.map((name) => {
      const actual = select(changed![name], later).map(Math.abs);
      return { name: `${name} of later tokens`, actual, expected: actual.map(() => 0), allowed: 0 };
    });
    return {
      comparisons: [...sameBits(changed!, plain!, earlier, gradientNames, laterTokens), ...gone],
      controls: [
        {
          name: 'without causality later tokens get a gradient',
          comparisons: sameBits(open!, plain!, later, ['dv']),
        },
      ],
    };
  },
};

const paddingContent = (value: number): ConformCase => ({
  id: `metamorphic:padding-content;value=${value}`,
  accuracy,
  runs: [
    run(),
    run(poisoned(padded, value)),
    // Without the clearing of masked rows, and only where v is multiplied by the weight 0.
    run({ policy: policies['torch-2.5'] }),
    run({ policy: policies['torch-2.5'], v: poison(base.v, padded, Number.NaN) }),
    run({ v: poison(base.v, firstReal, value) }),
  ],
  judge(results) {
    const [plain, changed, open, reached, real] = results as AttentionNumbers[];
    return {
      comparisons: sameBits(changed!, plain!, undefined, undefined, contents(value, 'the padding')),
      controls: [
        {
          name: 'a policy that does not clear masked rows lets a NaN through',
          comparisons: sameBits(reached!, open!, (b, t) => b === 0 && !padded(b, t), ['out']),
        },
        { name: 'at a real token it is seen', comparisons: sameBits(real!, plain!, firstReal, ['out']) },
      ],
    };
  },
});

/** Under the policy of PyTorch 2.5 a NaN in a masked v is multiplied by 0, and that is NaN in every real query. */
const maskedNaN: ConformCase = {
  id: 'metamorphic:masked-nan;policy=torch-2.5',
  accuracy: 'NaN at exactly these places',
  runs: [run({ policy: policies['torch-2.5'], v: poison(base.v, padded, Number.NaN) })],
  judge([reached]) {
    const actual = select(reached!.out, (b, t) => b === 0 && !padded(b, t));
    const comparisons = [{ name: 'out', actual, expected: actual.map(() => Number.NaN), allowed: 0 }];
    return { comparisons, controls: spoiledControls(comparisons) };
  },
};

const batchIsolation = (value: number): ConformCase => ({
  id: `metamorphic:batch-isolation;value=${value}`,
  accuracy,
  runs: [run(), run({ ...poisoned(second, value), dout: poison(base.dout!, second, value) })],
  judge(results) {
    const [plain, changed] = results as AttentionNumbers[];
    return {
      comparisons: sameBits(
        changed!,
        plain!,
        (b) => b === 0,
        undefined,
        contents(value, 'the other sequence'),
      ),
      controls: (['out', 'dv'] as const).map((name) => ({
        name: `${name} of the changed sequence itself changes`,
        comparisons: sameBits(changed!, plain!, second, [name]),
      })),
    };
  },
});

const poisons = [Number.NaN, Number.POSITIVE_INFINITY, 1e30];

export const isolationCases: readonly ConformCase[] = [
  causalLeak,
  causalGradient,
  ...poisons.map(paddingContent),
  maskedNaN,
  ...poisons.map(batchIsolation),
];
