import { resultSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { bothNaN } from '../../fixtures.ts';
import { renderTerminal } from '../../kinds/evaluation/terminal.ts';
import { renderHtml } from '../../page/render.ts';

const laundering = (kernel: string, how: string) => ({
  key: `forward/transformer.h.0/attn/${kernel}#0:0`,
  from: 'forward/transformer.h.0/attn/scores/BatchMatMul#0:0',
  kind: 'NaN' as const,
  coordinates: [1, 0, 3, 2],
  coordinateNames: ['batch', 'head', 'query', 'key'],
  how,
});

describe('the section on the origin', () => {
  it('says which op hides a value, how, and which row; the other kills by name', () => {
    const cascade = {
      ...bothNaN.target!.cascade!,
      kills: ['forward/transformer.h.0/attn/Select#0:0', 'metrics//ArgMax#0:0'],
      laundered: [laundering('Select', 'the other branch is taken')],
    };
    const { reference: _, comparison: __, ...result } = bothNaN;
    const record = resultSchema.parse({ ...result, target: { ...result.target!, cascade } });
    const text = renderTerminal(record, { width: 120, color: false }).replace(/\s+/g, ' ');
    const words =
      'NaN of h.0 attn.scores BatchMatMul [batch 1, head 0, query 3, key 2]: the other branch is taken';
    expect(text).toContain(`laundered at h.0 attn Select ${words} killed by metrics ArgMax`);
    expect(renderHtml({ record })).toContain(words);
  });
});
