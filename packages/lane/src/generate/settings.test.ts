/** Replays what `generate` of transformers gave (golden/generation/make.py): end tokens, lengths, last positions, draws. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { safePolicy } from '@nanscope/attention';
import { generate, leftPad, loadCausalLM, parseConfig, parseGenerationConfig } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { checkMaxLength, generationSettings } from './settings.ts';

interface Case {
  readonly name: string;
  readonly prompts: number[][];
  readonly config: Record<string, unknown>;
  readonly generation: Record<string, unknown> | null;
  readonly given: { readonly do_sample?: boolean; readonly max_new_tokens?: number };
  readonly tokens?: number[][];
  readonly refused?: string;
}

const folder = new URL('../../../../golden/generation/', import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const { cases } = read('expected.json') as { cases: Case[] };
const tokenizer = {};

const fileOf = (json: unknown) => parseGenerationConfig(JSON.stringify(json), 'generation_config.json');

function settingsOf({ config, generation, given }: Case) {
  const asked = {
    ...(given.do_sample === false && { greedy: true }),
    ...(given.max_new_tokens !== undefined && { maxNewTokens: given.max_new_tokens }),
  };
  const file = generation ? fileOf(generation) : undefined;
  return generationSettings(
    asked,
    file,
    parseConfig({ ...read('model/config.json'), ...config }, 'c'),
    tokenizer,
  );
}

async function tokensOf(settings: ReturnType<typeof settingsOf>, prompts: number[][]): Promise<number[][]> {
  await tf.setBackend('cpu');
  const model = await loadCausalLM({ directory: fileURLToPath(new URL('model', folder)) });
  const rows: number[][] = prompts.map(() => []);
  try {
    const options = { ...settings, eosTokenId: settings.eosTokenIds, seed: 5 };
    const steps = generate(model, leftPad(prompts, settings.padTokenId), {
      ...options,
      ...{ implementation: 'eager', policy: safePolicy },
    });
    for await (const step of steps)
      for (const result of step.rows) if ('token' in result) rows[result.row]!.push(result.token);
  } finally {
    model.dispose();
  }
  return rows;
}

const other = ['repetition_penalty', 'beyond the positions', 'max_length that the prompt fills'];

describe('generation gives the tokens of transformers', () => {
  it.each(cases.filter(({ name }) => !other.includes(name)))('$name', async (one) => {
    expect(one.refused).toBeUndefined();
    expect(await tokensOf(settingsOf(one), one.prompts)).toEqual(one.tokens);
  });

  it('and ends a row at its last position, where transformers ends with an error', async () => {
    const one = cases.find(({ name }) => name === 'beyond the positions')!;
    expect(one.refused).toMatch(/^IndexError/);
    const last = cases.find(({ name }) => name === 'no position left')!;
    expect(await tokensOf(settingsOf(one), one.prompts)).toEqual(last.tokens);
  });

  it('a prompt as long as max_length is refused by both', () => {
    const one = cases.find(({ name }) => name === 'max_length that the prompt fills')!;
    expect(one.refused).toMatch(/^ValueError: Input length/);
    expect(() => checkMaxLength(settingsOf(one), 4, '--prompt 1')).toThrow(
      '--prompt 1: expected fewer tokens than max_length 4 of generation_config.json, found 4',
    );
    expect(() => checkMaxLength(settingsOf(one), 3, '--prompt 1')).not.toThrow();
  });

  it('a setting that is not obeyed is named', () => {
    const one = cases.find(({ name }) => name === 'repetition_penalty')!;
    expect(settingsOf(one).words).toContain('not obeyed of generation_config.json: repetition_penalty 3');
  });
});

describe('settings of a generation', () => {
  const model = { eosTokenId: 7, vocabulary: 40 };
  const of = (asked: Parameters<typeof generationSettings>[0], json?: Record<string, unknown>) =>
    generationSettings(asked, json && fileOf(json), model, { eosTokenId: 9, padTokenId: 3 });

  it('are listed with who asks for them', () => {
    expect(of({}).words).toEqual([
      'draws (default)',
      'at most 64 new tokens (default)',
      'end token 7 (config.json)',
    ]);
    expect(
      of(
        { temperature: 2, maxNewTokens: 1 },
        { do_sample: true, temperature: 0.5, top_k: 5, eos_token_id: [1, 2] },
      ).words,
    ).toEqual([
      'draws (--temperature)',
      'temperature 2 (--temperature)',
      'top_k 5 (generation_config.json)',
      'at most 1 new token (--max-new-tokens)',
      'end token 1 or 2 (generation_config.json)',
    ]);
    expect(of({}, { temperature: 0.5, max_length: 8 }).words).toEqual([
      'greedy (generation_config.json: do_sample is not true)',
      'generation_config.json: temperature 0.5 without effect, since nothing is drawn',
      'at most 8 tokens with the prompt (max_length of generation_config.json)',
      'no end token (generation_config.json)',
    ]);
  });

  it('of flags beat those of the file', () => {
    const file = { do_sample: false, temperature: 0.5, top_p: 0.9, max_new_tokens: 3 };
    expect(of({ topK: 4 }, file)).toMatchObject({ strategy: 'sample', topK: 4, topP: 0.9, temperature: 0.5 });
    expect(of({ greedy: false }, file).strategy).toBe('sample');
    expect(of({ greedy: true }, { ...file, do_sample: true })).not.toHaveProperty('temperature');
    expect(of({ maxNewTokens: 9 }, file).maxNewTokens).toBe(9);
  });

  it('neutral values and records of where the file comes from are no settings', () => {
    const silent = {
      _from_model_config: true,
      transformers_version: '5.24.0',
      num_beams: 1,
      use_cache: true,
      bos_token_id: 0,
    };
    expect(fileOf({ ...silent, repetition_penalty: 1.0, top_k: 0, early_stopping: false }).notObeyed).toEqual(
      [],
    );
    expect(fileOf({ num_beams: 4, no_repeat_ngram_size: 2 }).notObeyed).toEqual([
      'num_beams 4',
      'no_repeat_ngram_size 2',
    ]);
  });

  it('a pad token that the model lacks is any other: the mask hides it', () => {
    expect(of({}, { pad_token_id: 39 }).padTokenId).toBe(39);
    expect(of({}, { pad_token_id: 40 }).padTokenId).toBe(0);
    expect(of({}, {}).padTokenId).toBe(3);
  });

  it.each<[string, string]>([
    ['{', 'generation_config.json: not valid JSON'],
    ['[]', 'expected a JSON object'],
    ['{"temperature": "hot"}', 'generation_config.json: temperature: '],
    [
      '{"eos_token_id": ["a"]}',
      'generation_config.json: eos_token_id: expected a token id, a list of them or null',
    ],
    ['{"top_p": 1.5}', 'generation_config.json: top_p: '],
    ['{"max_new_tokens": 0}', 'generation_config.json: max_new_tokens: '],
  ])('%s is refused in one line', (text, line) => {
    expect(() => parseGenerationConfig(text, 'generation_config.json')).toThrow(line);
  });
});
