/** Trials with a natural fault: small programs of ordinary ops, one for each mechanism that a backend can be made to show. */
import { roundToHalf } from '@nanscope/attention';
import { type MechanismName, openTrace, type Phase, type TraceableSession } from '@nanscope/cascade';
import { errorLine } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import { detect, type Expected, type Trial } from './inject.ts';

interface Program {
  readonly id: string;
  readonly expected: Expected;
  /** Default `forward`. */
  readonly phase?: Phase;
  /** Backends may refuse it or give something finite, `loose` ones alone or any: the trial is set aside there. */
  readonly mayBeHarmless?: true | 'loose';
  run(): tf.Tensor;
}

const x = (...values: number[]) => tf.tensor1d(Float32Array.from(values));
const huge = () => tf.exp(x(1000, 1));

const born = (
  kernel: string,
  mechanism: MechanismName,
  became?: readonly [kernel: string, mechanism: MechanismName],
): Expected => ({
  key: `forward/${kernel}#0:0`,
  mechanisms: [mechanism],
  ...(became && { becameNaN: { key: `forward/${became[0]}#0:0`, mechanism: became[1] } }),
});

/** The gradient of where(x > 0, f(x), 0) at 0 and 4. The condition is made outside: a comparison has no gradient. */
const guarded = (f: (t: tf.Tensor) => tf.Tensor) => () => {
  const at = x(0, 4);
  const safe = tf.greater(at, 0);
  return tf.grad((t) => tf.sum(tf.where(safe, f(t), tf.scalar(0))))(at);
};

const FULLY_MASKED = 0;

/** Softmax over four keys, unguarded, of which the first query may see none. */
function maskedSoftmax(): tf.Tensor {
  return tf.tidy('attn', () => {
    const masked = tf.tidy('masked', () => {
      const allowed = tf.tensor(
        Array.from({ length: 16 }, (_, i) => (Math.floor(i / 4) === FULLY_MASKED ? 0 : 1)),
        [1, 1, 4, 4],
        'bool',
      );
      const scores = tf.reshape(tf.range(0, 16), [1, 1, 4, 4]);
      return tf.where(allowed, scores, tf.fill([1, 1, 4, 4], Number.NEGATIVE_INFINITY));
    });
    return tf.tidy('probs', () => tf.softmax(masked));
  });
}

export const programs: readonly Program[] = [
  // WGSL leaves open what its functions give outside of their domain: a device may answer log(0) with -88.
  { id: 'log of 0', expected: born('Log', 'log of 0'), mayBeHarmless: 'loose', run: () => tf.log(x(1, 0)) },
  {
    id: 'log of a negative',
    expected: born('Log', 'log of a negative'),
    mayBeHarmless: 'loose',
    run: () => tf.log(x(1, -1)),
  },
  {
    id: 'sqrt of a negative',
    expected: born('Sqrt', 'square root of a negative'),
    mayBeHarmless: 'loose',
    run: () => tf.sqrt(x(4, -1)),
  },
  {
    id: 'rsqrt of a negative',
    expected: born('Rsqrt', 'square root of a negative'),
    mayBeHarmless: 'loose',
    run: () => tf.rsqrt(x(4, -1)),
  },
  {
    id: 'rsqrt of 0',
    expected: born('Rsqrt', 'division by 0'),
    mayBeHarmless: 'loose',
    run: () => tf.rsqrt(x(4, 0)),
  },
  {
    id: 'power of a negative',
    expected: born('Pow', 'power of a negative'),
    mayBeHarmless: 'loose',
    run: () => tf.pow(x(4, -1), x(0.5, 0.5)),
  },
  {
    id: '0 to a negative power',
    expected: born('Pow', 'division by 0'),
    mayBeHarmless: 'loose',
    run: () => tf.pow(x(4, 0), x(1, -1)),
  },
  { id: '0 / 0', expected: born('RealDiv', '0 / 0'), run: () => tf.div(x(1, 0), x(1, 0)) },
  { id: 'x / 0', expected: born('RealDiv', 'division by 0'), run: () => tf.div(x(1, 1), x(1, 0)) },
  { id: 'exp(1000)', expected: born('Exp', 'exp overflow'), run: huge },
  { id: '3e38 + 3e38', expected: born('Add', 'sum overflow'), run: () => tf.add(x(3e38, 1), x(3e38, 1)) },
  { id: 'sum of 3e38', expected: born('Sum', 'sum overflow'), run: () => tf.sum(x(3e38, 3e38, 3e38)) },
  {
    id: '1e30 * 1e30',
    expected: born('Multiply', 'overflow'),
    run: () => tf.mul(x(1e30, 1), x(1e30, 1)),
  },
  { id: 'square of 1e30', expected: born('Square', 'overflow'), run: () => tf.square(x(1e30, 1)) },
  {
    id: 'RealDiv by 1e-30',
    expected: born('RealDiv', 'overflow'),
    run: () => tf.div(x(1e30, 1), x(1e-30, 1)),
  },
  {
    id: 'matmul of 1e30',
    expected: born('BatchMatMul', 'matmul overflow'),
    run: () => tf.matMul(tf.fill([2, 2], 1e30), tf.fill([2, 2], 1e30)),
  },
  {
    id: 'float16 of 70000',
    expected: born('RoundToHalf', 'cast overflow'),
    // A backend that someone else brought may not have the kernel.
    mayBeHarmless: true,
    run: () => roundToHalf(x(1, 70000)),
  },
  {
    id: '0 * inf, a multiplied mask',
    expected: born('Exp', 'exp overflow', ['Multiply', '0 * inf']),
    run: () => tf.mul(huge(), x(0, 1)),
  },
  {
    id: 'inf - inf',
    expected: born('Exp', 'exp overflow', ['Sub', 'inf - inf']),
    run: () => tf.sub(huge(), huge()),
  },
  {
    id: 'inf / inf',
    expected: born('Exp', 'exp overflow', ['RealDiv', 'inf / inf']),
    run: () => tf.div(huge(), huge()),
  },
  {
    id: '0 * inf in a matmul',
    expected: born('Exp', 'exp overflow', ['BatchMatMul', '0 * inf']),
    run: () => tf.matMul(tf.reshape(huge(), [1, 2]), tf.tensor2d([0, 1], [2, 1])),
  },
  {
    id: 'gradient of a select over sqrt',
    phase: 'loss',
    expected: { key: 'backward/RealDiv#0:0', mechanisms: ['gradient of a select'] },
    run: guarded((t) => tf.sqrt(t)),
  },
  {
    id: 'gradient of a select over log',
    phase: 'loss',
    expected: { key: 'backward/RealDiv#0:0', mechanisms: ['gradient of a select'] },
    run: guarded((t) => tf.log(t)),
  },
  {
    id: 'fully masked row',
    expected: { key: 'forward/attn/probs/Softmax#0:0', mechanisms: ['fully masked row'] },
    run: maskedSoftmax,
  },
  {
    id: 'an input that is NaN',
    expected: born('Add', 'external input'),
    run: () => tf.add(x(1, Number.NaN), x(1, 1)),
  },
  {
    id: 'gather out of range',
    expected: born('GatherV2', 'out-of-range read'),
    mayBeHarmless: true,
    run: () => tf.gather(x(1, 2), tf.tensor1d([0, 100_000], 'int32')),
  },
];

async function runProgram(session: TraceableSession, program: Program): Promise<Trial> {
  const { id, expected, phase = 'forward', run, mayBeHarmless } = program;
  const trial = { family: 'natural', id, expected } as const;
  const harmless =
    mayBeHarmless === 'loose' ? !session.facts.capabilities.strictNumerics : mayBeHarmless === true;
  const trace = openTrace(session, 'full');
  try {
    let result: tf.Tensor;
    try {
      result = trace.run(phase, () => tf.tidy(run));
    } catch (error) {
      if (!harmless) throw error;
      return { ...trial, setAside: `the backend refuses it: ${errorLine(error)}` };
    }
    const values = await result.data();
    result.dispose();
    const collected = await trace.collect();
    if (harmless && values.every((value) => Number.isFinite(value)))
      return { ...trial, setAside: `the backend gives ${values.at(-1)} and no error` };
    return { ...trial, ...detect(collected) };
  } finally {
    trace.close();
  }
}

export async function* naturalTrials(session: TraceableSession): AsyncGenerator<Trial> {
  for (const program of programs) yield await runProgram(session, program);
}
