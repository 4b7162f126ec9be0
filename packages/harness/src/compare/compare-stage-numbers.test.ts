import { expect, it } from 'vitest';
import { lane } from '../../../../test/fixtures/records/lanes.ts';
import { compareStageNumbers, type StageFile } from './compare-stage-numbers.ts';

type Values = readonly number[];

function fileOf(
  stages: Readonly<Record<string, Values>>,
  exact: Readonly<Record<string, Values>> = {},
): StageFile {
  return new Map(
    Object.entries(stages).map(([name, values]) => [
      name,
      {
        values: Float32Array.from(values),
        classes: { nan: values.filter(Number.isNaN).length, inf: 0, size: values.length },
        ...(name in exact && { exact: Float64Array.from(exact[name]!) }),
      },
    ]),
  );
}

const compare = (target: StageFile, reference: StageFile) =>
  compareStageNumbers([target, lane()], [reference, lane()]);

it('stages stand in the order in which they are computed, gradients last', () => {
  const names = ['embeddings', 'h.0 attention', 'h.0 attention residual', 'h.0', 'h.2', 'h.10', 'ln_f'];
  const all = [...names, 'logits', 'loss', 'grad.a', 'grad.b'];
  const file = fileOf(Object.fromEntries(all.toReversed().map((name) => [name, [1]])));
  expect(compare(file, file).stages.map(({ name }) => name)).toEqual(all);
});

it('the lane that lies farther from float64 than rounding explains is seen, though the other lies near', () => {
  const good = fileOf({ logits: [1, 2 + 2e-7] }, { logits: [1, 2] });
  const { exact, stages } = compare(fileOf({ logits: [1, 2.0001] }), good);
  expect(exact).toBe('reference');
  expect(stages[0]).toMatchObject({ name: 'logits', compared: 2, passed: false });
  expect(stages[0]!.target).toBeCloseTo(1e-4, 6);
  expect(compare(fileOf({ logits: [1, 2 - 4e-7] }), good).stages[0]!.passed).toBe(true);
});

it('where both lie equally far, float32 is at its end and neither is to blame', () => {
  const reference = fileOf({ logits: [1.001] }, { logits: [1] });
  expect(compare(fileOf({ logits: [0.999] }), reference).stages[0]!.passed).toBe(true);
});

it('without a float64 the lanes are held against each other', () => {
  const { exact, stages } = compare(fileOf({ h: [1] }), fileOf({ h: [1.0001] }));
  expect(exact).toBeUndefined();
  expect(stages[0]!.passed).toBe(false);
});

it('classes come before numbers: a NaN on one side never passes, and on both it is left out of the distance', () => {
  const one = compare(fileOf({ 'grad.w': [1, Number.NaN] }), fileOf({ 'grad.w': [1, 2] })).stages[0]!;
  expect(one).toMatchObject({ passed: false, compared: 1 });
  expect(one.classes).toBe('1 NaN and 0 infinite of 2 on the target, 0 and 0 on the reference');
  const both = compare(fileOf({ x: [1, Number.NaN] }), fileOf({ x: [1, Number.NaN] })).stages[0]!;
  expect(both).toMatchObject({ passed: true, compared: 1 });
});

it("a gradient that is zero but for rounding is held at the scale of its module's others", () => {
  const exact = { 'grad.k.weight': [1], 'grad.k.bias': [0] };
  const reference = fileOf({ 'grad.k.weight': [1], 'grad.k.bias': [1e-12] }, exact);
  const { stages } = compare(fileOf({ 'grad.k.weight': [1], 'grad.k.bias': [1e-6] }), reference);
  expect(stages.map(({ passed }) => passed)).toEqual([true, true]);
  const beyond = compare(fileOf({ 'grad.k.weight': [1], 'grad.k.bias': [1e-4] }), reference);
  expect(beyond.stages[0]).toMatchObject({ name: 'grad.k.bias', passed: false });
});

it('a half lane is held at the steps of its own type', () => {
  const half = lane({ policy: { ...lane().policy, computeDtype: 'bf16' } });
  const exact = fileOf({ h: [1] }, { h: [1] });
  const stages = compareStageNumbers([fileOf({ h: [1.01] }), half], [exact, lane()]).stages;
  expect(stages[0]!.passed).toBe(true);
});
