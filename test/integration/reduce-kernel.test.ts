/** `nanscope reduce` of runs on a backend with a fault: down to the op at which it differs, or to one call of the kernel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reducedOpSchema, reducedSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { evaluate, fixture, run, workspace } from './cli.ts';

const { at, text } = workspace();
const padded = ['--model', 'tiny', '--policy', 'torch-mps-2.8', '--data', text, '--batch-size', '3'];

describe('a faulty backend', () => {
  it('is reduced to the op at which it differs; a case that takes its process down costs itself only', async () => {
    const folder = at('faulty');
    const backend = ['--backend', fixture('fixtures/faulty-backend.ts'), '--device', 'faulty'];
    const { result } = await evaluate(
      ...padded,
      ...backend,
      '--attn',
      'eager',
      '--reference',
      'wasm',
      '--out',
      folder,
    );
    expect(result.verdict.code).toBe('kernel-bug-suspected');
    const { code, stdout, stderr } = await run(['reduce', folder, '--json'], { beside: true });
    expect(code, stderr).toBe(0);
    const record = reducedSchema.parse(JSON.parse(stdout));
    expect(record.held).toEqual({
      kind: 'divergence',
      op: 'forward/transformer.h.*/attn/probs/Softmax#0:0',
      label: 'kernel bug suspected',
    });
    // A vocabulary of one makes a product of one number, which kills the process; two is the least that can be computed.
    expect(record.smallest.size).toMatchObject({ rows: 1, length: 2, layers: 1, heads: 1, vocabulary: 2 });
    expect(record.smallest.referenceLoss).toBe('NaN');
    expect(record.smallest.loss).toBeTypeOf('number');
    expect(record.search.minimal).toBe(true);
    expect(record.passing?.difference).toBe('attention_mask[0][0] is 1 instead of 0');
    expect(record.script).toMatchObject({ failing: 1, passing: 0 });
  });
});

describe('a kernel whose numbers are wrong', () => {
  it('is reduced to one call with one number, what it should give and what it gives', async () => {
    const folder = at('cut');
    const backend = ['--backend', fixture('../fixtures/cut-exp-backend.ts'), '--device', 'mirror'];
    const { result } = await evaluate(
      ...['--model', 'prose', '--data', text, '--limit', '2', '--replays', '0', '--reference', 'wasm'],
      ...[...backend, '--out', folder],
    );
    expect(result.comparison?.shadow?.steps.at(-1)).toMatchObject({ kernel: 'Exp', judgement: 'own' });
    const { code, stdout, stderr } = await run(['reduce', folder, '--json'], { beside: true });
    expect(code, stderr).toBe(0);
    const record = reducedOpSchema.parse(JSON.parse(stdout));
    const [x] = record.smallest.operands;
    expect(record).toMatchObject({
      kernel: 'Exp',
      search: { minimal: true },
      script: { failing: 1, passing: 0 },
    });
    expect(record.smallest).toMatchObject({ operands: [{ shape: [1] }], element: { got: 0, by: 'float64' } });
    expect(record.passing).toMatchObject({ operands: [{ shape: [1] }] });
    const { low, high } = record.smallest.element.expected;
    expect(low).toBeLessThanOrEqual(Math.exp(Number(x!.values[0])));
    expect(high).toBeGreaterThanOrEqual(Math.exp(Number(x!.values[0])));
    const report = readFileSync(join(folder, 'reduced/report.md'), 'utf8');
    const script = readFileSync(join(folder, 'reduced/reproduce.mjs'), 'utf8').trimEnd();
    expect(report).toMatch(/^# Exp on mirror gives 0 where 0\.00\d+ is right\n/);
    expect(report).toContain(script);
    const again = await run(['report', join(folder, 'reduced'), '--reporter', 'terminal']);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/expected +0\.00\S+ to \S+\n +got +0\n/),
    });
  }, 600_000); // Two commands from source, of several processes each.
});
