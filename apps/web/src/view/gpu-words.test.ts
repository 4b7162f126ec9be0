import type { NumericAnswer, NumericQuestion } from '@nanscope/record';
import { describe, expect, it } from 'vitest';
import type { Answers } from '../run/survey.ts';
import { gpuWords } from './gpu-words.ts';

const question = (id: string, topic: NumericQuestion['topic'], computed: string, permitted?: string) => ({
  ...{ id, topic, computed, expected: topic === 'NaN kept' ? 'NaN' : '-Infinity' },
  ...(permitted !== undefined && { permitted }),
});
const questions = [
  question('nan-max', 'NaN kept', 'max(NaN, 0)', 'a rule'),
  question('nan-exp', 'NaN kept', 'exp(NaN)', 'a rule'),
  question('log-zero', 'infinities', 'log(0)', 'a rule'),
  question('select-safe', 'select', 'select(false, NaN, 0)'),
];
const right: NumericAnswer = { found: 'as asked', status: 'as IEEE 754' };
const differs = (found: string): NumericAnswer => ({ found, status: 'differs' });
const all = (answer: NumericAnswer) => Object.fromEntries(questions.map(({ id }) => [id, answer]));

function words(shader: Record<string, NumericAnswer>, software = false, more: Partial<Answers> = {}) {
  const adapter = {
    ...{ vendor: '', architecture: '', device: '', description: '', features: [] },
    ...{ api: 'metal' as const, software },
  };
  const backend = { id: 'webgpu', kernels: all(right), shader: { ...all(right), ...shader }, adapter };
  return gpuWords({ questions, backend, ...more }, 'apple m2');
}

describe('what a GPU makes of a NaN, in words', () => {
  it('one that answers as IEEE 754 asks keeps every NaN', () => {
    expect(words({})).toEqual({
      title: 'Your GPU (apple m2) keeps every NaN',
      sentences: ['All 4 answers are those of IEEE 754.'],
      differences: [],
    });
  });

  it('the NaN that any model meets is in the title, whatever was asked first', () => {
    const said = words({
      'nan-max': differs('0'),
      'nan-exp': differs('Infinity'),
      'log-zero': differs('-88'),
    });
    expect(said.title).toBe('Your GPU (apple m2) turns exp(NaN) into Infinity');
    expect(said.sentences).toEqual([
      'It also turns max(NaN, 0) into 0 and log(0) into -88.',
      '1 of 4 answers are those of IEEE 754; WGSL permits the others.',
      'The kernels that nanscope runs on it are corrected, and keep every NaN.',
    ]);
  });

  it('what WGSL does not permit is said', () => {
    const said = words({ 'select-safe': differs('NaN') });
    expect(said.title).toBe('Your GPU (apple m2) keeps every NaN');
    expect(said.sentences.join(' ')).toContain('WGSL does not permit one of the others');
    expect(said.differences).toEqual([
      { computed: 'select(false, NaN, 0)', expected: '-Infinity', found: 'NaN', permitted: undefined },
    ]);
  });

  it('a software adapter is called what it is, first and last', () => {
    const { title, sentences } = words({}, true);
    expect(title).toBe('This GPU is software (apple m2), and it keeps every NaN');
    expect(sentences.at(-1)).toMatch(/^The GPU is emulated on the CPU here/);
  });

  it('one that gave no answer keeps nothing by that', () => {
    const refused: NumericAnswer = { found: 'no device', status: 'refused' };
    const said = words(all(refused), false, { failure: 'the device was lost: hung' });
    expect(said.title).toBe('Your GPU (apple m2) gave no answer');
    expect(said.sentences).toEqual(['It stopped before the last answer: the device was lost: hung.']);
  });
});
