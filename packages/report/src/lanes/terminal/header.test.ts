import { type ModelFactsRecord, type ResultRecord, resultSchema } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { noReference } from '../../fixtures.ts';
import { renderTerminal } from '../../index.ts';
import { renderHtml } from '../../page/render.ts';

const quiet: ModelFactsRecord = {
  ...{ storedAs: ['F32'], computedAs: 'float32', notes: [] },
  ...{ unusedTensors: ['h.*.attn.bias'], unusedSettings: ['use_cache: every position is computed anew'] },
};
const withFacts = (modelFacts: ModelFactsRecord): ResultRecord =>
  resultSchema.parse({ ...noReference, target: { ...noReference.target!, modelFacts } });
const text = (record: ResultRecord) => renderTerminal(record, { width: 100, color: false });

describe('how the model was loaded', () => {
  it('takes no line where nothing is unusual, or in a record of an earlier version', () => {
    expect(text(withFacts(quiet))).toBe(text(noReference));
  });

  it('is shown beside the model, a sentence a note, on a terminal and in a page', () => {
    const record = withFacts({
      ...quiet,
      tokenizer: 'bytes: ids 0 to 257',
      notes: [
        { about: 'weights', text: 'the weights are stored as BF16' },
        { about: 'settings', text: 'one thing is ignored' },
        { about: 'settings', text: 'another is ignored' },
      ],
    });
    expect(text(record)).toContain(
      [
        '  tokens   bytes: ids 0 to 257',
        '  weights  The weights are stored as BF16',
        '  settings One thing is ignored. Another is ignored',
      ].join('\n'),
    );
    expect(renderHtml({ record })).toContain('The weights are stored as BF16');
  });
});

it('data that are the beginning of a text say of how much, and why', () => {
  const cut = { of: 159, reason: 'a software adapter takes long for more; --limit 159 evaluates all' };
  const { target } = noReference;
  const data = { source: 'built-in text', rows: 16, truncated: 0, cut };
  const record = resultSchema.parse({ ...noReference, target: { ...target!, data } });
  const said = `built-in text: 16 rows, the first of 159: ${cut.reason}`;
  expect(text(record).replace(/\s+/g, ' ')).toContain(said);
  expect(renderHtml({ record })).toContain(said);
});
