/** onnxruntime's kernels through the command line: under the suite, in the matrix, and where they cannot be asked. */
import { onnxruntimeImplementation } from '@nanscope/conform';
import { type ConformResultRecord, conformResultSchema, matrixSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { run, workspace } from './cli.ts';

const { at } = workspace();

const loaded = await onnxruntimeImplementation('onnxruntime', 'cpu').then(
  () => '',
  (error: Error) => ` (skipped: ${error.message})`,
);

describe.skipIf(loaded !== '')(`onnxruntime${loaded}`, () => {
  it('is put under the suite; its divergences come with case ids, exit 1', async () => {
    const ended = await run([
      ...['conform', '--device', 'cpu', '--attn', 'onnxruntime', '--filter', 'metamorphic:*', '--json'],
    ]);
    const result = conformResultSchema.parse(JSON.parse(ended.stdout)) as ConformResultRecord;
    expect(result.implementation).toBe('onnxruntime');
    expect(result.decision.label).toBe('onnxruntime · CPU');
    expect(result.environment?.backendVersion).toMatch(/^onnxruntime-node [\d.]+, CPU$/);
    const failed = result.cases.filter(({ status }) => status === 'fail').map(({ id }) => id);
    expect(failed).toEqual([
      'metamorphic:padding-content;value=NaN',
      'metamorphic:padding-content;value=Infinity',
    ]);
    const refused = result.cases.filter(({ status }) => status === 'refused');
    expect(refused.map(({ reason }) => reason)).toContain(
      'the case is about gradients, and there is no backward pass',
    );
    expect(ended.code).toBe(1);
  });

  it('stands in the matrix under its one policy; what it does otherwise is named with its command', async () => {
    const ended = await run([
      ...[
        'matrix',
        '--json',
        '--device',
        'cpu',
        '--attn',
        'onnxruntime,onnxruntime-mha',
        '--row-guard',
        'zeros',
      ],
      ...[
        '--fill',
        'additive-inf',
        '--layers',
        '1',
        '--cause',
        'padding',
        '--keys',
        '0,1',
        '--out',
        at('matrix'),
      ],
    ]);
    const result = matrixSchema.parse(JSON.parse(ended.stdout));
    expect(result.cells).toBe(2 * 2 * 2 * 2);
    expect(result.surprises.every(({ id }) => /attn=onnxruntime-mha;.*keys=0/.test(id))).toBe(true);
    expect(result.surprises.flatMap(({ differences }) => differences)).toContain(
      'leak: labelled, predicted none',
    );
    expect(ended.code).toBe(1);
  });

  it.each([
    [
      ['conform', '--attn', 'onnxruntime', '--device', 'wasm'],
      /--device wasm: onnxruntime runs on kernels of its own/,
    ],
    [['matrix', '--attn', 'onnxruntime', '--fill', 'finfo-min'], /onnxruntime has one policy/],
    [['matrix', '--attn', 'onnxruntime'], /--device wasm: onnxruntime runs on kernels of its own/],
  ])('%j is refused in one line, exit 2', async (args, line) => {
    const ended = await run(args);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(line);
  });
});
