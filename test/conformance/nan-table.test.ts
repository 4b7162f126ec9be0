/** Runs the table in nan-table/ on every backend of this machine, and holds it against the sessions' notes. */
import { type KernelNote, loadBackend, type Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Make, nanTable, type Row } from './nan-table/index.ts';
import { probes } from './probes.ts';

/** The class letter of each element, by bits. */
function classes(values: ArrayLike<number>): string {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Array.from(bits, (word) => {
    const size = word & 0x7fffffff;
    if (size > 0x7f800000) return 'N';
    return size === 0x7f800000 ? (word >>> 31 ? '-' : '+') : '.';
  }).join('');
}

const plain: Make = (values) => tf.tensor1d(values);
const padded: Make = (values) =>
  tf.tensor1d([...values, ...Array.from({ length: 4 + ((4 - (values.length % 4)) % 4) }, () => 1)]);
const odd: Make = (values) => tf.tensor1d([...values, 1, ...(values.length % 2 ? [1] : [])]);

async function observe(row: Row, make: Make): Promise<{ seen: string; values: number[] }> {
  const result = tf.tidy(() => row.run(make));
  const data = [...(await result.data())].slice(
    0,
    row.expected === 'throws' ? undefined : row.expected.length,
  );
  result.dispose();
  return { seen: classes(data), values: data };
}

const sameValues = (a: readonly number[], b: readonly number[]) =>
  a.every((value, i) => (Number.isNaN(value) ? Number.isNaN(b[i]) : Math.abs(value - b[i]!) <= 1e-6));

/** What the row shows on the active backend: class letters, `values` for right classes of wrong values, `throws`. */
async function outcome(row: Row, make: Make): Promise<string> {
  try {
    const { seen, values } = await observe(row, make);
    if (seen === row.expected && row.values && !sameValues(row.values, values)) return 'values';
    return seen;
  } catch (error) {
    if (/GPU device/.test(String(error))) throw error;
    return 'throws';
  }
}

const names = (row: Row, notes: readonly KernelNote[]) =>
  notes.some(({ kernel, status }) => status === 'known-divergence' && [...row.kernels, '*'].includes(kernel));

const isMended = (row: Row, notes: readonly KernelNote[]) =>
  notes.some(({ kernel, status }) => status === 'replaced' && row.kernels.includes(kernel));

/** A third party's backend runs through the same table: NANSCOPE_BACKEND names its module, else it is our example. */
const example = new URL('../../examples/backend.ts', import.meta.url).href;
const thirdParty = await loadBackend(process.env.NANSCOPE_BACKEND ?? example);

const found = [...probes, { backend: thirdParty, probe: await thirdParty.probe() }];

for (const { backend, probe } of found) {
  const why = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`${backend.id}${why}`, () => {
    const exact = ['cpu', 'wasm', 'tensorflow'].includes(backend.id);
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    describe.each([
      ['any length', plain],
      ['a length divisible by 4', padded],
      ['an odd length', odd],
    ] as const)('%s', (_, make) => {
      it.each(nanTable.map((row) => [row.id, row] as const))('%s', async (_, row) => {
        const exception = row.except?.[backend.id];
        const seen = await outcome(row, make);
        if (exact || isMended(row, session.notes)) {
          expect(seen).toBe(exception ?? row.expected);
        } else if (seen !== row.expected && seen !== exception) {
          // GPU drivers and third parties may be right where we saw another wrong; what a note names may differ.
          expect(names(row, session.notes), `${row.expected} expected, ${seen} seen, and no note`).toBe(true);
        }
        if (exception !== undefined) expect(names(row, session.notes)).toBe(true);
      });
    });

    it('every note is about a row of the table', () => {
      const metal = session.facts.adapter?.api === 'metal';
      for (const { kernel, status } of session.notes) {
        const rows = nanTable.filter((row) => row.kernels.includes(kernel));
        expect(rows, kernel).not.toHaveLength(0);
        if (status === 'known-divergence' && !metal && backend !== thirdParty) {
          expect(
            rows.some((row) => row.except?.[backend.id] !== undefined),
            `a row on which ${kernel} diverges on ${backend.id}`,
          ).toBe(true);
        }
      }
    });

    it('leaves no tensor behind', () => {
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        for (const row of nanTable)
          if (row.expected !== 'throws' && row.except?.[backend.id] !== 'throws') row.run(plain);
      });
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
