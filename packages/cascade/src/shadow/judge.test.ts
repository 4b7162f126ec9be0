import { describe, expect, it } from 'vitest';
import type { Deviation } from './deviation.ts';
import { judgeShadow, type ShadowFacts } from './judge.ts';

const agree: Deviation = { size: 4, classes: 0, beyond: 0 };
const apart: Deviation = { size: 4, classes: 0, beyond: 1 };
const otherClass: Deviation = { size: 4, classes: 1, beyond: 0 };

const facts = (
  [forward, reverse, inputs]: readonly [Deviation, Deviation, Deviation],
  otherBits: string[] = [],
): ShadowFacts => ({
  onReferenceInputs: [forward, forward],
  onTargetInputs: [reverse, reverse],
  inputsAlone: inputs,
  inputsDiffer: inputs.classes + inputs.beyond > 0,
  otherBits,
});

describe('judgeShadow', () => {
  it.each([
    ['both ways apart, inputs alike', [apart, apart, agree], 'own', 'the target still differs, and with'],
    ['in class', [otherClass, otherClass, agree], 'own', 'the target still differs'],
    ["with the reference's inputs only", [apart, agree, agree], 'own', 'with its own inputs both agree'],
    ["with the target's inputs only", [agree, apart, agree], 'own', "with the reference's they agree"],
    ['inputs alone', [agree, agree, apart], 'inherited', 'the difference came in'],
    ['inputs in class', [agree, agree, otherClass], 'inherited', 'the difference came in'],
    ['the kernel and its inputs', [apart, apart, apart], 'both', 'the inputs differ as well'],
    ['nothing beyond rounding', [agree, agree, agree], 'rounding', 'the inputs differ by little'],
  ] as const)('%s', (_, found, judgement, words) => {
    expect(judgeShadow(facts(found))).toEqual({ judgement, reason: expect.stringContaining(words) });
  });

  it('what does not repeat itself is unstable, whoever else differs', () => {
    for (const found of [
      [agree, agree, agree],
      [agree, agree, apart],
      [apart, agree, agree],
    ] as const) {
      expect(judgeShadow(facts(found, ['the target, twice']))).toEqual({
        judgement: 'unstable',
        reason: 'equal inputs give other bits: the target, twice',
      });
    }
  });

  it('unless every single run is apart: last bits that wobble hide no wrong kernel', () => {
    expect(judgeShadow(facts([apart, apart, agree], ['the target, twice'])).judgement).toBe('own');
    const sometimes = { ...facts([apart, apart, agree], ['x']), onReferenceInputs: [apart, agree] };
    expect(judgeShadow(sometimes).judgement).toBe('unstable');
  });

  describe('where float32 may give either', () => {
    const excused: Deviation = { ...agree, excused: 1 };

    it('nobody is to blame, and the search ends', () => {
      expect(judgeShadow(facts([excused, agree, agree]))).toEqual({
        judgement: 'permitted',
        reason: expect.stringContaining('another order of the sums'),
      });
    });

    it('unless the inputs differ and make a difference: then it goes on with them', () => {
      expect(judgeShadow(facts([excused, agree, apart])).judgement).toBe('inherited');
    });

    it('and another element that it may not give is a fault all the same', () => {
      expect(judgeShadow(facts([{ ...apart, excused: 3 }, apart, agree])).judgement).toBe('own');
    });
  });
});
