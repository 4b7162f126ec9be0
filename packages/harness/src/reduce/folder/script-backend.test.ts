import { policyFrom, presetNames } from '@nanscope/attention';
import { describe, expect, it } from 'vitest';
import { pytorchText } from './script-backend.ts';

const given = { title: 'a title', system: 'a system', failing: [[0, 1]] };

describe('the script for PyTorch', () => {
  it.each(presetNames)('is under twenty short lines that import torch alone: %s', (preset) => {
    const lines = pytorchText({ ...given, policy: policyFrom({ preset }), passing: [[1, 1]] }).split('\n');
    expect(lines.length).toBeLessThan(20);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(115);
    expect(lines.filter((line) => line.startsWith('import'))).toEqual(['import sys, torch']);
  });

  it('fills as the policy fills and composes as it composes', () => {
    const text = (preset: string) => pytorchText({ ...given, policy: policyFrom({ preset }) });
    expect(text('torch-2.4')).toContain('torch.zeros(B, T, T), float("-inf")\n');
    expect(text('torch-2.4')).toContain('softmax(scores.masked_fill(~(causal & padding), fill), -1)');
    expect(text('transformers-4.57-eager')).toContain('torch.zeros(B, T, T), -3.4028234663852886e+38\n');
    expect(text('transformers-4.57-eager')).toContain(
      'masked_fill(~(causal), fill) + scores.masked_fill(~(causal & padding), fill)',
    );
    expect(text('no-causal')).toContain('scores.masked_fill(~(padding), fill)');
    expect(text('torch-2.4')).not.toContain('passing');
  });
});
