import type {
  CascadeRecord,
  GeneratedRow,
  GenerationRecord,
  ResultRecord,
  TrainResultRecord,
} from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import { comparison, generation, lane, nanMetrics } from '../../../../test/fixtures/records/lanes.ts';
import { trainLane } from '../../../../test/fixtures/records/training.ts';
import { storyOf } from './story.ts';

const key = 'forward/transformer.h.0/attn/probs/Sub#0:0';
const cascade: CascadeRecord = {
  ...{
    level: 'health',
    ops: 3,
    batchesTraced: 1,
    events: [],
    eventsCut: 0,
    kills: [],
    observer: 'unchanged',
  },
  spread: [{ layer: 'h.0', row: 0, from: 0, to: 1, why: 'fully masked row' }],
  origin: {
    ...{ key, kind: 'NaN', batch: 2, coordinates: [0, 1], coordinateNames: ['batch', 'query'] },
    mechanism: { name: 'fully masked row', evidence: 'query 1 has 0 allowed keys' },
  },
  picture: {
    layers: ['embeddings', 'h.0', 'h.1'],
    cells: [
      ['....', 'NN..', 'NNNN'],
      ['....', '....', '....'],
    ],
    padding: [
      { left: 2, right: 0 },
      { left: 0, right: 0 },
    ],
  },
};
const verdict = { code: 'agree', exitCode: 0, sentence: 'S.', next: 'Do this.' } as const;
const result = (changes: Partial<ResultRecord>): ResultRecord => ({
  ...{ schemaVersion: 1, kind: 'eval', command: 'nanscope eval', folder: 'runs/x', target: lane(), verdict },
  ...changes,
});
const told = (record: ResultRecord | TrainResultRecord | GenerationRecord) => {
  const { paragraphs } = storyOf(record);
  expect(paragraphs).toHaveLength(3);
  // Nobody needs to know the words of the tool.
  for (const [, text] of paragraphs) expect(text).not.toMatch(/\b(gen|prop|kill|benign|lane|tap)\b/);
  return paragraphs.map(([, text]) => text);
};

describe('the story of a run', () => {
  it('of a NaN says where it began, why, how far it came, and that no device is to blame', () => {
    const target = lane({ metrics: nanMetrics, cascade });
    const [first, spread, next] = told(
      result({
        target,
        reference: { ...target, role: 'reference' },
        verdict: { ...verdict, code: 'agree-non-finite' },
      }),
    );
    expect(first).toMatch(
      /loss is NaN.*batch 2, in layer 0, attention probabilities \(batch 0, query 1;.*no key at all/,
    );
    expect(spread).toMatch(/2 positions after layer 0 and is at 4 after the last layer, in 1 of 2 rows/);
    expect(next).toMatch(
      /no device is to blame.*Do this\..*nanscope reduce runs\/x.*nanscope report runs\/x/,
    );
  });

  it('of a finite run says so, and names queries that another policy makes NaN of', () => {
    const warning = { batch: 0, rowsWithoutKey: 76, taps: 0, headroom: [], beyondF16: 0 };
    const { origin: _, ...clean } = { ...cascade, spread: [], warning };
    const [first, spread, next] = told(
      result({ target: lane({ cascade: clean }), reference: lane({ role: 'reference' }) }),
    );
    expect(first).toMatch(/Nothing went wrong.*76 queries of the data may attend to no key/);
    expect(spread).toBe('There was nothing to spread.');
    expect(next).toMatch(/Both devices computed the same/);
  });

  it('a step that ends in a command has its full stop before what follows', () => {
    const step = { ...verdict, next: 'Next: nanscope reduce runs/x' };
    const [, , next] = told(result({ target: lane({ cascade }), verdict: step }));
    expect(next).toContain('Next: nanscope reduce runs/x. The whole report: ');
  });

  it('a finite loss that hides a NaN is no good run', () => {
    const [first] = told(result({ target: lane({ cascade }) }));
    expect(first).toMatch(/a number is not enough.*attention probabilities/);
  });

  it('names the device that has the NaN where only one has', () => {
    const { paragraphs } = storyOf(
      result({
        reference: lane({ role: 'reference', metrics: nanMetrics, cascade }),
        verdict: { ...verdict, code: 'classes-differ', exitCode: 1 },
      }),
    );
    expect(paragraphs[0]![0]).toContain('reference');
    expect(paragraphs[2]![1]).toMatch(/disagree about which values are numbers.*exit code 1/);
  });

  it('without a trace it says what shows the place', () => {
    const [first, spread] = told(result({ target: lane({ metrics: nanMetrics, cascade: undefined }) }));
    expect(first).toContain('--trace health');
    expect(spread).toContain('not known');
  });

  it('of a training counts its steps, finite or not', () => {
    const hit = {
      step: 7,
      loss: 'NaN',
      gradNorm: 'NaN',
      action: 'stop',
      reason: 'loss is NaN',
      weightsFinite: true,
      replayed: true,
    } as const;
    const train = (target: ReturnType<typeof trainLane>): TrainResultRecord => ({
      ...{ schemaVersion: 1, kind: 'train', command: 'nanscope train', folder: 'runs/t', target },
      verdict: { ...verdict, code: 'stopped-non-finite', exitCode: 1 },
    });
    const [first, spread] = told(train(trainLane({ loss: 'NaN', nonFinite: [hit] }, { cascade })));
    expect(first).toMatch(/The first NaN appeared in step 2/);
    expect(spread).toMatch(/every gradient NaN/);
    expect(told(train(trainLane({ nonFinite: [hit] })))[0]).toMatch(
      /1 step was not finite on the way, the first one step 7/,
    );
    expect(told(train(trainLane()))[0]).toMatch(/Nothing went wrong/);
  });

  it('of a generation says what each prompt gave, and shows where the earliest NaN begins', () => {
    const late: GeneratedRow = {
      ...{ row: 0, prompt: 'Late', text: ' ok', tokens: [1, 2], ended: 'non-finite' },
      ...{ logits: { size: 258, nan: 0, posInf: 1, negInf: 0 }, evaluate: 'nanscope eval late' },
    };
    const broken: GeneratedRow = {
      ...{ row: 2, prompt: 'Short', text: '', tokens: [], ended: 'non-finite' },
      ...{ logits: { size: 258, nan: 258, posInf: 0, negInf: 0 }, evaluate: 'nanscope eval short' },
    };
    const good: GeneratedRow = {
      row: 1,
      prompt: 'A\nB',
      text: ' goes on',
      tokens: [3, 4, 5],
      ended: 'length',
    };
    const [first, gave, next] = told(generation([late, good, broken]));
    expect(first).toMatch(
      /For 2 of 3 prompts .*earliest at prompt 3, token 1: 258 of its 258 scores are NaN\..*not traced/,
    );
    expect(gave).toBe(
      '"Late" gave " ok", 2 tokens, and then no token could be chosen. "Short" gave no token at all. "A\\nB" gave " goes on", 3 tokens, as many as were allowed.',
    );
    expect(next).toMatch(
      /begins with the command below\. The whole report: nanscope report runs\/g\. .*exit code 1/,
    );
    expect(storyOf(generation([late, good, broken])).command).toBe('nanscope eval short');
  });

  it('of a finite generation says so, and of one that was stopped what is missing', () => {
    const good: GeneratedRow = { row: 0, prompt: 'A', text: 'b', tokens: [3], ended: 'eos' };
    const [first, gave, next] = told(generation([good]));
    expect(first).toMatch(/^Nothing went wrong/);
    expect(gave).toBe('"A" gave "b", 1 token, and ended with the end token.');
    expect(next).toMatch(/^Nothing to fix\. The whole report/);
    const [stopped, some] = told(generation([good], { status: 'interrupted', prompts: 3 }));
    expect(stopped).toContain('not whole: it was stopped.');
    expect(some).toContain('2 prompts were not finished.');
    const many = Array.from({ length: 11 }, (_, row) => ({ ...good, row }));
    expect(told(generation(many))[1]).toContain('3 more prompts are in the report.');
  });

  it('names reduce for numbers that differ only where a replay blames an op', () => {
    const step = {
      ...{ key, kernel: 'Sub', reason: 'r' },
      judgement: 'own',
    } as const;
    const differing = (judgement: 'own' | 'rounding') => {
      const steps = [{ ...step, judgement }];
      const shadow = { batch: 0, by: 'number', steps, end: 'e' } as const;
      return told(
        result({
          reference: lane({ role: 'reference' }),
          comparison: comparison({ shadow: shadow as never }),
          verdict: { ...verdict, code: 'numbers-differ', exitCode: 1 },
        }),
      )[2];
    };
    expect(differing('own')).toContain('The smallest case: nanscope reduce runs/x.');
    expect(differing('rounding')).not.toContain('nanscope reduce');
  });

  it('a result of another command is refused with the command that prints it', () => {
    expect(() => storyOf({ kind: 'doctor' } as never)).toThrow(
      expect.objectContaining({ code: 'report/no-story' }),
    );
  });
});
