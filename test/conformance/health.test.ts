/** Every way of measuring health against a plain count by bits, on every backend this machine can open. */
import type { Backend, Session } from '@nanscope/backend';
import { type BatchTrace, openTrace, type TraceLevel } from '@nanscope/cascade';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adversarialCases, plainCount } from './adversarial.ts';
import { probes } from './probes.ts';

/** A tensor with exactly these bits in the backend's own memory: a reshape that is not an alias would be one copy more. */
function tensorOf(bits: Uint32Array<ArrayBuffer>): tf.Tensor {
  return tf.tensor1d(new Float32Array(bits.buffer.slice(0)));
}

/** Traces a kernel that moves bits without arithmetic, so that the output is measured where the backend keeps it. */
async function traced(
  session: Session,
  level: TraceLevel,
  bits: Uint32Array<ArrayBuffer>,
): Promise<BatchTrace> {
  const trace = openTrace(session, level);
  try {
    const input = tensorOf(bits);
    const output = trace.run('forward', () => tf.concat([input, input]));
    const batch = await trace.collect();
    tf.dispose([input, output]);
    return batch;
  } finally {
    trace.close();
  }
}

function conform(backend: Backend): void {
  let session: Session;
  beforeAll(async () => {
    session = await backend.open();
  });
  afterAll(async () => {
    await session?.dispose();
  });

  it.each(adversarialCases)('counts $name', async ({ bits }) => {
    const { records, externals } = await traced(session, 'health', bits);
    const twice = new Uint32Array(bits.length * 2);
    twice.set(bits);
    twice.set(bits, bits.length);
    for (const [health, plain] of [
      [records.at(-1)!.health!, plainCount(twice)],
      [Object.values(externals)[0]!.health!, plainCount(bits)],
    ] as const) {
      const { nan, posInf, negInf, firstNaN = -1, firstInf = -1 } = health;
      const { zero: _zero, subnormal: _subnormal, ...expected } = plain;
      expect({ nan, posInf, negInf, firstNaN, firstInf }).toEqual(expected);
    }
  });

  it('at level full adds zeros, subnormals and the largest magnitude', async () => {
    for (const { bits } of adversarialCases.filter(({ name }) => name.endsWith('special values'))) {
      const { externals } = await traced(session, 'full', bits);
      const { health } = Object.values(externals)[0]!;
      const { zero, subnormal } = plainCount(bits);
      expect(health).toMatchObject({ zero, subnormal });
      const finite = Array.from(new Float32Array(bits.buffer)).filter(Number.isFinite);
      if (finite.length === 0) continue;
      expect(health!.amax).toBe(finite.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0));
      expect(health!.min).toBe(finite.reduce((least, value) => Math.min(least, value), Infinity));
    }
  });

  it('starts every batch from zero', async () => {
    const trace = openTrace(session, 'health');
    const countsOf = async (fill: number) => {
      const input = tf.fill([100], fill);
      const output = trace.run('forward', () =>
        tf.tidy('output', () => tf.concat([input, input]).reshape([20, 10])),
      );
      const { records } = await trace.collect();
      tf.dispose([input, output]);
      return records.map(({ health, rows }) => [health?.nan, rows]);
    };
    expect(await countsOf(Number.NaN)).toEqual([
      [200, undefined],
      [200, 'N'.repeat(20)],
    ]);
    expect(await countsOf(1)).toEqual([
      [0, undefined],
      [0, '.'.repeat(20)],
    ]);
    trace.close();
  });

  it('classes the rows of the residual stream', async () => {
    const trace = openTrace(session, 'health');
    const values = new Float32Array(2 * 3 * 1000).fill(1);
    values[999] = Number.NaN;
    values[3000] = Number.NEGATIVE_INFINITY;
    const input = tf.tensor3d(values, [2, 3, 1000]);
    const output = trace.run('forward', () =>
      tf.tidy('transformer.h.0', () => tf.tidy('output', () => tf.concat([input, input], 0))),
    );
    const { records } = await trace.collect();
    trace.close();
    tf.dispose([input, output]);
    expect(records.at(-1)).toMatchObject({ path: 'transformer.h.0/output', rows: 'N..I..N..I..' });
  });

  it('holds memory flat over batches and leaves no kernel behind', async () => {
    const trace = openTrace(session, 'health');
    const input = tf.ones([64, 64]);
    // Not in a tidy, which would dispose of what the measuring forgot.
    const batch = async () => {
      const product = trace.run('forward', () => tf.matMul(input, input));
      const result = trace.run('forward', () => tf.softmax(product));
      tf.dispose([product, result]);
      return await trace.collect();
    };
    const first = await batch();
    const { numTensors, numDataBuffers } = tf.memory();
    for (let i = 0; i < 20; i++) await batch();
    const last = await batch();
    expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
    expect(last.records).toEqual(first.records);
    trace.close();
    input.dispose();
    expect(tf.getBackend()).toBe(session.tfjsName);
    expect(tf.getKernelsForBackend(`${session.tfjsName}-traced`)).toEqual([]);
  });
}

for (const { backend, probe } of probes) {
  if (probe.available) describe(`health on ${backend.id}`, () => conform(backend));
  else describe.skip(`health on ${backend.id}: ${probe.reason}`, () => it('needs the backend', () => {}));
}
