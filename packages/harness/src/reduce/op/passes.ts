/**
 * The ways in which a kernel call gets smaller: a leap to one element, axes by delta debugging, numbers with fewer digits.
 * Knows no kernel: which axes go together is tried, and a call that the kernel refuses is not a smaller one. Pure.
 */
import type { CapturedInput } from '@nanscope/cascade';
import type { Replayable } from '@nanscope/lane';
import { type Pass, shorterLists } from '../search/search.ts';

/** Axes of the same length that are cut as one. */
type Group = readonly { readonly input: number; readonly axis: number }[];

const lengthOf = ({ inputs }: Replayable, [first]: Group): number =>
  first ? inputs[first.input]!.shape[first.axis]! : 0;

/** An input with the given indices of one axis alone. */
export function cutAxis(tensor: CapturedInput, axis: number, places: readonly number[]): CapturedInput {
  const { shape, values } = tensor;
  const inner = shape.slice(axis + 1).reduce((size, n) => size * n, 1);
  const outer = shape.slice(0, axis).reduce((size, n) => size * n, 1);
  const length = shape[axis]!;
  const cut = values.slice(0, outer * places.length * inner);
  for (let o = 0; o < outer; o++)
    places.forEach((index, k) => {
      const from = (o * length + index) * inner;
      cut.set(values.subarray(from, from + inner), (o * places.length + k) * inner);
    });
  return { ...tensor, shape: shape.map((n, i) => (i === axis ? places.length : n)), values: cut };
}

const cutGroup = (op: Replayable, group: Group, places: readonly number[]): Replayable => ({
  ...op,
  inputs: op.inputs.map((input, i) =>
    group
      .filter((one) => one.input === i)
      .reduce((tensor: CapturedInput, { axis }) => cutAxis(tensor, axis, places), input),
  ),
});

/**
 * Axes that may belong together: those that are broadcast against each other, counted from the last or from the first; the
 * inner axes of a product; and each by itself. Only axes longer than one.
 */
export function axisGroups({ inputs, attrs }: Replayable): Group[] {
  const rank = Math.max(0, ...inputs.map(({ shape }) => shape.length));
  const groups: Group[] = [];
  const together = (group: Group) => {
    const length = Math.max(0, ...group.map(({ input, axis }) => inputs[input]!.shape[axis] ?? 0));
    const longest = group.filter(({ input, axis }) => inputs[input]!.shape[axis] === length);
    const known = groups.some((other) => JSON.stringify(other) === JSON.stringify(longest));
    if (length > 1 && !known) groups.push(longest);
  };
  const axes = (of: (shape: readonly number[]) => number): Group =>
    inputs.flatMap(({ shape }, input) => {
      const axis = of(shape);
      return axis >= 0 && axis < shape.length ? [{ input, axis }] : [];
    });
  for (let i = 0; i < rank; i++) {
    together(axes(({ length }) => length - 1 - i));
    together(axes(() => i));
  }
  const [a, b] = inputs;
  if (a && b && a.shape.length > 1 && b.shape.length > 1) {
    const inner = (shape: readonly number[], transposed: unknown, last: boolean) =>
      shape.length - (last === Boolean(transposed) ? 2 : 1);
    together([
      { input: 0, axis: inner(a.shape, attrs.transposeA, true) },
      { input: 1, axis: inner(b.shape, attrs.transposeB, false) },
    ]);
    // The columns of a product, and the bias that is added to them.
    const column = { input: 1, axis: inner(b.shape, attrs.transposeB, true) };
    if (inputs[2]) together([column, { input: 2, axis: inputs[2].shape.length - 1 }]);
  }
  for (const [input, { shape }] of inputs.entries())
    for (const axis of shape.keys()) together([{ input, axis }]);
  return groups;
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** One element alone of each axis, by an index of an input that is as long as the output. */
function* leaps(op: Replayable, element: number): Generator<Replayable> {
  for (const [input, { shape, values }] of op.inputs.entries()) {
    if (element >= values.length) continue;
    let rest = element;
    const at = [...shape].reverse().map((n) => {
      const index = rest % n;
      rest = Math.floor(rest / n);
      return index;
    });
    const indices = at.reverse();
    const groups = axisGroups(op).filter((group) => group.some((one) => one.input === input));
    const single = (current: Replayable, group: Group): Replayable => {
      const axis = group.find((one) => one.input === input)!.axis;
      return current.inputs[input]!.shape[axis] === 1 ? current : cutGroup(current, group, [indices[axis]!]);
    };
    yield groups.reduce(single, op);
    for (const group of groups) yield single(op, group);
  }
}

/** A number with fewer digits: what is left of it when it is cut to so many. */
const digitsOf = (value: number): number =>
  Number.isFinite(value)
    ? value.toExponential().replace(/e.*$/, '').replace(/\D/g, '').replace(/0+$/, '').length
    : 0;

const decimal = (value: number): number => {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
};

function* rounder({ inputs, ...op }: Replayable): Generator<Replayable> {
  for (const [at, input] of inputs.entries()) {
    if (input.dtype !== 'float32' || input.values.length > 64) continue;
    for (const [place, value] of input.values.entries()) {
      const digits = digitsOf(decimal(value));
      for (const candidate of [0, 1, ...range(3).map((n) => Number(value.toPrecision(n + 1)))]) {
        if (!Number.isFinite(value) || digitsOf(candidate) >= digits) continue;
        const values = Float32Array.from(input.values);
        values[place] = candidate;
        yield { ...op, inputs: inputs.map((one, i) => (i === at ? { ...one, values } : one)) };
      }
    }
  }
}

/** Leading axes of length one, where every input has one. */
function* flatter({ inputs, ...op }: Replayable): Generator<Replayable> {
  if (inputs.length > 0 && inputs.every(({ shape }) => shape.length > 1 && shape[0] === 1))
    yield { ...op, inputs: inputs.map((input) => ({ ...input, shape: input.shape.slice(1) })) };
}

/** @param element flat index of the element of the output that is wrong, where the search begins */
export const opPasses = (element: number): readonly Pass<Replayable>[] => [
  {
    name: 'leap',
    *candidates(op) {
      yield* leaps(op, element);
    },
  },
  {
    name: 'axes',
    *candidates(op) {
      for (const group of axisGroups(op))
        for (const places of shorterLists(range(lengthOf(op, group)), 1)) yield cutGroup(op, group, places);
    },
  },
  { name: 'rank', candidates: flatter },
  { name: 'digits', candidates: rounder },
];

/** Equal for the same call. */
export const opKey = ({ inputs }: Replayable): string =>
  JSON.stringify(inputs.map(({ shape, values }) => [shape, Array.from(values, String)]));
