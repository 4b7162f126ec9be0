import { displayWidth, reducedSchema } from '@nanscope/record';
import { bugReport, scriptWords, searchWords } from '@nanscope/words';
import { describe, expect, it } from 'vitest';
import { reduced } from '../../fixtures.ts';
import { renderReduced } from './terminal.ts';

const scripts = {
  tensorflow: { script: "import * as tf from '@tensorflow/tfjs';\n", packages: ['@tensorflow/tfjs@4.22.0'] },
  pytorch: 'import torch\n',
};

describe('renderReduced', () => {
  it('says what was held, how much smaller it is, the case and the neighbour, within the width', () => {
    for (const width of [60, 80, 120]) {
      const text = renderReduced(reduced, { width, color: false });
      for (const line of text.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
    const text = renderReduced(reduced, { width: 100, color: false });
    expect(text).toMatch(/parameters +132,992 +21 +21/);
    expect(text).toMatch(/attention_mask +\[\[0,1\]\][\s\S]*difference +attention_mask\[0\]\[0\] is 1/);
    expect(text).toContain('fully masked row at forward/transformer.h.*/attn/context/probs/Sub#0:0');
  });

  it('says so where no neighbour passes', () => {
    const { passing: _, ...alone } = reduced;
    expect(renderReduced(alone, { width: 80, color: false })).toContain('every neighbour that could be');
    expect(bugReport(alone, scripts)).toContain('No neighbour passes');
  });

  it('gives a terminal no orders', () => {
    const hostile = { ...reduced, model: 'a\u001b[2J', run: 'b\u001b[2J', command: 'c\u001b[2J' };
    expect(renderReduced(hostile, { width: 80, color: false })).not.toContain('\u001b');
    expect(bugReport(hostile, scripts)).not.toContain('\u001b');
  });
});

describe('bugReport', () => {
  it('opens with a title for an issue, whose fault it is, what was expected and what was got', () => {
    const [first, , cause, , expected, , actual] = bugReport(reduced, scripts).split('\n');
    expect(first).toBe('# A query whose keys are all masked gives NaN in PyTorch before 2.9 on mps');
    expect(cause).toContain(
      'Arithmetic of the mask, not a device bug; its owner is PyTorch before 2.9 on mps',
    );
    expect(expected).toMatch(/^\*\*Expected\.\*\* a finite loss/);
    expect(actual).toMatch(/^\*\*Actual\.\*\* a loss of NaN\. query 0 of batch row 0 has 0 allowed keys/);
  });

  it('holds its scripts in full, and names one that is too long to paste', () => {
    const report = bugReport(reduced, scripts);
    expect(report).toContain("```js\nimport * as tf from '@tensorflow/tfjs';\n```");
    expect(report).toContain('```python\nimport torch\n```');
    expect(report).toContain('npm install @tensorflow/tfjs@4.22.0\n');
    const long = bugReport(reduced, { tensorflow: { ...scripts.tensorflow, script: 'x;\n'.repeat(1000) } });
    expect(long).toContain('`reproduce.mjs` has 1,000 lines: attach the file.');
    const { pytorch: _, ...without } = scripts;
    expect(bugReport(reduced, without)).not.toContain('Reproduce in PyTorch');
  });

  it('has the case beside its neighbour, the counts, how to run it, and the environment', () => {
    const report = bugReport(reduced, scripts);
    expect(report).toContain('| `attention_mask` | `[[0,1]]` | `[[1,1]]` |');
    expect(report).toContain('| loss | NaN | 0 |');
    expect(report).toContain(
      '| `forward/transformer.h.0/attn/context/probs/Sub#0:0` | \\[1, 1, 2, 2\\] | 2 | 0 | 1 |',
    );
    expect(report).toContain(`\n${reduced.reproduce}\n`);
    expect(report).toContain(`Node ${reduced.environment.node}`);
  });
});

describe('words', () => {
  it('say where a script does not show the fault, and where the search ended early', () => {
    const script = { backend: 'webgpu', failing: 0 };
    expect(scriptWords({ ...reduced, script })).toMatch(/does not show it on plain webgpu \(exit 0\)/);
    expect(scriptWords({ ...reduced, script: { backend: './b.mjs', failing: 1, passing: 0 } })).toBe(
      'reproduce.mjs with ./b.mjs, without nanscope: exit 1 with this case, and exit 0 with the neighbour that passes',
    );
    expect(searchWords({ ...reduced, search: { ...reduced.search, minimal: false } })).toContain(
      '--budget 60',
    );
  });

  it('the record is one of the schema', () => {
    expect(reducedSchema.parse(JSON.parse(JSON.stringify(reduced)))).toEqual(reduced);
  });
});
