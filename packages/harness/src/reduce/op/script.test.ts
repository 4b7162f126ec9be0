import type { OpCallRecord } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type OpScript, opScriptText } from './script.ts';

beforeAll(() => tf.setBackend('cpu'));

const call = (values: number[], low: number, high: number): OpCallRecord => ({
  operands: [{ name: 'x', shape: [values.length], dtype: 'float32', values }],
  element: {
    ...{ output: 0, index: 0, got: 0, reference: low, by: 'float64' },
    expected: { low, high, nan: false },
  },
});
const script: OpScript = {
  ...{ title: 'a title', kernel: 'Sum', attributes: { axis: [0], keepDims: false }, backend: 'cpu' },
  failing: call([1, 2.5], 4, 5),
  passing: call([1, 2], 3, 3),
};

/** Runs a script here: what it printed last, and the exit code that it asked for. */
async function ran(text: string, ...args: string[]) {
  const printed: string[] = [];
  let code: number | undefined;
  const exit = (asked: number) => {
    code = asked;
  };
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  const body = AsyncFunction('tf', 'process', 'console', text.replace(/^import .*$/gm, ''));
  const process = { argv: ['node', 'reproduce.mjs', ...args], exit };
  await body(tf, process, { log: (...words: unknown[]) => printed.push(words.join(' ')) });
  return { printed, code };
}

describe('the script of a call', () => {
  it('says what the element should be, and exits 1 where it is not', async () => {
    const { printed, code } = await ran(opScriptText(script));
    expect(printed).toEqual(['expected 4 to 5', 'got      3.5', 'FAIL: wrong in element 0 of Sum']);
    expect(code).toBe(1);
  });

  it('exits 0 with the operands that are computed right', async () => {
    const { printed, code } = await ran(opScriptText(script), 'passing');
    expect(printed.at(-1)).toBe('PASS: right in element 0 of Sum');
    expect(code).toBe(0);
  });

  it('has attributes as they were captured, and long operands on short lines', () => {
    const attributes = {
      fill: { $number: '-Infinity' },
      window: { $undefined: true },
      ids: { $Int32Array: [1, 2] },
    };
    const long = call(
      Array.from({ length: 90 }, (_, i) => i),
      0,
      1,
    );
    const text = opScriptText({ ...script, attributes, failing: long });
    expect(text).toContain('{ "fill": -Infinity, "window": undefined, "ids": Int32Array.from([1, 2]) }');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
  });
});
