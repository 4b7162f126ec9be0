import { displayWidth, reducedOpSchema } from '@nanscope/record';
import { opBugReport, opScriptWords, opTitleWords } from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { reducedOp } from '../../fixtures.ts';
import { renderReducedOp } from './terminal.ts';

describe('a reduced call', () => {
  it('says the operands, what was expected and what was got, within the width', () => {
    for (const width of [60, 80, 120])
      for (const line of renderReducedOp(reducedOp, { width, color: false }).split('\n'))
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
    const text = renderReducedOp(reducedOp, { width: 100, color: false });
    expect(text).toMatch(/operands +15,376 numbers in the run, 1 now/);
    expect(text).toMatch(/x +float32 \[1\]: -7\n/);
    expect(text).toMatch(/expected +0\.00091188000 to 0\.00091189000\n +got +0\n/);
    expect(text).toMatch(/difference +x\[0\] is -6 instead of -7/);
  });

  it('has a title of plain words: the value that is right, NaN where only that is', () => {
    expect(opTitleWords(reducedOp)).toMatch(/^Exp on \w+ gives 0 where 0\.000911885 is right$/);
    const { smallest } = reducedOp;
    const expected = { low: 'Infinity', high: '-Infinity', nan: true } as const;
    const element = { ...smallest.element, expected };
    expect(opTitleWords({ ...reducedOp, smallest: { ...smallest, element } })).toMatch(/where NaN is right$/);
  });

  it('is a report with its script in it, and gives a terminal no orders', () => {
    const scripts = { script: "import 'x';\n", packages: ['@tensorflow/tfjs@4.22.0'] };
    const report = opBugReport({ ...reducedOp, made: 'a\u001b[2J' }, scripts);
    expect(report.split('\n')[0]).toBe(`# ${opTitleWords(reducedOp)}`);
    expect(report).toContain("```js\nimport 'x';\n```");
    expect(report).toContain('npm install @tensorflow/tfjs@4.22.0\n');
    expect(report).not.toContain('\u001b');
  });

  it('says so where the script does not show it', () => {
    expect(opScriptWords({ script: { backend: 'webgpu', failing: 0 } })).toMatch(
      /does not show it on webgpu/,
    );
    const python = { backend: 'torch-cpu', name: 'reproduce.py' };
    expect(opScriptWords({ script: { ...python, failing: null } })).toBe(
      'reproduce.py, plain PyTorch: exit none, which does not show it',
    );
    expect(opScriptWords({ script: { ...python, failing: 1 } })).toBe('reproduce.py, plain PyTorch: exit 1');
  });

  it('is one of the schema', () => {
    expect(reducedOpSchema.parse(JSON.parse(JSON.stringify(reducedOp)))).toEqual(reducedOp);
  });
});
