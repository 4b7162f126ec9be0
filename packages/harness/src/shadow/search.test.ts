import type { Capture, CapturedTensor, Source } from '@nanscope/cascade';
import type { Questions } from '@nanscope/lane';
import { describe, expect, it } from 'vitest';
import { searchUpwards } from './investigate.ts';
import { LaneEnded, type ShadowLane } from './shadow-lane.ts';
import type { Lanes } from './step.ts';

type Kernel = (...inputs: Float32Array[]) => Float32Array;

/** An op is named by its kernel; its inputs by an op or by a name from outside. */
type Graph = Readonly<Record<string, readonly string[]>>;

const chain: Graph = { Scale: ['weight'], Shift: ['Scale'], Square: ['Shift', 'weight'], Sum: ['Square'] };

const kernels: Readonly<Record<string, Kernel>> = {
  Scale: (x) => x.map((value) => 3 * value),
  Shift: (x) => x.map((value) => value + 1),
  Square: (x, y) => x.map((value, i) => value * value * y[i]!),
  Sum: (x) => Float32Array.of(x.reduce((sum, value) => sum + value, 0)),
};

const tensor = (values: Float32Array): CapturedTensor => ({
  shape: [values.length],
  dtype: 'float32',
  values,
});

interface Making {
  readonly kernels?: Readonly<Record<string, Kernel>>;
  readonly weight?: readonly number[];
  readonly refused?: Readonly<Record<string, string>>;
  readonly dies?: string;
  /** In PyTorch: the calls that make an op, and further inputs of it. */
  readonly ops?: readonly (readonly [string, string])[];
  readonly beside?: string;
}

/** A lane that computes a graph of plain functions, as a process with a device would. */
function fakeLane(role: ShadowLane['role'], making: Making): ShadowLane {
  const table = { ...kernels, ...making.kernels };
  const capture = (wanted: string): Capture => {
    const refused = making.refused?.[wanted];
    if (refused) return { key: wanted, refused };
    const values = new Map<string, Float32Array>([
      ['weight', Float32Array.from(making.weight ?? [0.5, -1.25, 2])],
    ]);
    let found: Capture | undefined;
    for (const [kernel, names] of Object.entries(chain)) {
      const given = names.map((name) => values.get(name)!);
      const output = table[kernel]!(...given);
      values.set(kernel, output);
      const from = (name: string): Source =>
        name in chain ? { record: `forward/${name}#0:0` } : { external: name };
      const inputs = names.map((name, i) => ({ name, from: from(name), ...tensor(given[i]!) }));
      const key = `forward/${kernel}#0`;
      const beside = making.beside ? [{ ...inputs[0]!, name: making.beside }] : [];
      const head = { key, kernel, attrs: {}, ...(making.ops && { ops: making.ops }) };
      if (key === wanted) found = { ...head, inputs: [...inputs, ...beside], outputs: [tensor(output)] };
    }
    return found ?? { key: wanted, refused: 'no call of this name ran' };
  };
  const answers: {
    [Name in 'capture' | 'replay']: (ask: Questions[Name]['ask']) => Questions[Name]['answer'];
  } = {
    capture: ({ calls }) => calls.map(capture),
    replay: ({ ops }) =>
      ops.map(({ kernel, inputs }) => {
        if (kernel === making.dies)
          throw new LaneEnded(role, { status: 'crashed', failure: 'killed by SIGSEGV' });
        return [tensor(table[kernel]!(...inputs.map(({ values }) => values as Float32Array)))];
      }),
  };
  return {
    role,
    ask: async (name, ask) => answers[name as 'capture' | 'replay'](ask as never) as never,
    end: async () => {},
  };
}

const search = (target: Making, reference: Making = {}) => {
  const lanes: Lanes = { target: fakeLane('target', target), reference: fakeLane('reference', reference) };
  return searchUpwards('forward/Sum#0:0', lanes, { rtol: 1e-4, atol: 1e-6 });
};
const judgements = ({ steps }: Awaited<ReturnType<typeof search>>) =>
  steps.map(({ kernel, judgement }) => `${kernel} ${judgement}`);

const off =
  (by: number, at = 1): Kernel =>
  (x) =>
    x.map((value, i) => value + 1 + (i === at ? by : 0));

describe('searchUpwards', () => {
  it('goes up through what is inherited to the op that makes the difference', async () => {
    const found = await search({ kernels: { Shift: off(0.01) } });
    expect(judgements(found)).toEqual(['Sum inherited', 'Square inherited', 'Shift own']);
    expect(found.end).toBe('this op adds the difference');
    expect(found.steps[1]!.next).toEqual({ input: 'Shift', from: 'forward/Shift#0:0' });
    expect(found.steps[2]).toMatchObject({ onReferenceInputs: { beyond: 1, worst: { index: 1 } } });
  });

  it('a NaN is no less than a number', async () => {
    const found = await search({ kernels: { Shift: off(Number.NaN) } });
    expect(judgements(found)).toEqual(['Sum inherited', 'Square inherited', 'Shift own']);
    expect(found.steps[2]).toMatchObject({
      onReferenceInputs: { classes: 1, firstClass: { target: 'NaN' } },
    });
  });

  it('ends at a tensor from outside that differs', async () => {
    const found = await search({ weight: [0.5, -1.25, 2.01] });
    expect(judgements(found)).toEqual(['Sum inherited', 'Square inherited']);
    expect(found.end).toBe('weight, which no op made, differs between the devices');
  });

  it('an op that adds to what came in is said to do both', async () => {
    const found = await search({
      kernels: {
        Shift: off(0.01),
        Sum: (x) => Float32Array.of(1 + x.reduce((sum, value) => sum + value, 0)),
      },
    });
    expect(judgements(found)).toEqual(['Sum both']);
  });

  it('differences of the size of roundings blame no op', async () => {
    const found = await search({ weight: [0.5, -1.25, 2 + 2 ** -22] });
    expect(judgements(found)).toEqual(['Sum rounding']);
    expect(found.end).toContain('no single op is to blame');
  });

  it('an op that does not repeat itself is unstable', async () => {
    let calls = 0;
    const everySecond: Kernel = (x, y) => {
      calls++;
      return kernels.Square!(x, y).map((value) => value + (calls % 2));
    };
    const found = await search({ kernels: { Square: everySecond } });
    expect(judgements(found)).toEqual(['Sum inherited', 'Square unstable']);
    expect(found.steps[1]!.reason).toMatch(/^equal inputs give other bits: the target/);
  });

  it.each([
    ['was refused', { refused: { 'forward/Sum#0': 'it is too large' } }, 'on the target it is too large'],
    ['kills its lane', { dies: 'Sum' }, 'the target lane ended: killed by SIGSEGV'],
    ['has another form', { weight: [1, 2] }, undefined],
  ] as const)('an op that %s cannot be replayed', async (_, target, reason) => {
    const found = await search({ ...target });
    const last = found.steps.at(-1)!;
    expect(last.judgement).toBe('not replayable');
    expect(last.reason).toBe(reason ?? 'the devices call it with different attributes, shapes or dtypes');
    expect(found.end).toBe('this op cannot be replayed');
  });

  const ops = [['add', 'alpha=2']] as const;
  it.each([
    ['by the same ops are two kernels', { ops }, 'own', undefined],
    ['by an op of another name', { ops: [['mul', 'alpha=2']] as const }, 'other ops', 'the target runs add'],
    ['with other scalars', { ops: [['add', 'alpha=1']] as const }, 'other ops', 'add with alpha=2'],
    ['of something else', { ops, beside: 'mask' }, 'other ops', 'the reference of mask'],
  ] as const)('equal inputs that give other outputs %s', async (_, reference, judgement, reason) => {
    const wrong = { kernels: { Sum: (x: Float32Array) => Float32Array.of(x.length) }, ops };
    const { steps } = await search(wrong, reference);
    expect(steps.at(-1)).toMatchObject({ kernel: 'Sum', judgement });
    if (reason) expect(steps.at(-1)!.reason).toContain(reason);
  });
});
