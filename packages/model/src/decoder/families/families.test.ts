import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decoderConfig } from '../config.ts';
import { configNotes } from '../settings-notes.ts';
import { decoderSpec, decoderTypes } from './index.ts';

const small = {
  hidden_size: 32,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  num_hidden_layers: 2,
  intermediate_size: 56,
  vocab_size: 97,
};
const read = (json: object) => decoderSpec(json, 'config.json');
const llama = (settings: object) => read({ model_type: 'llama', ...small, ...settings });

describe('a setting that the decoder has no place for is refused by its name and value', () => {
  it.each<[object, string]>([
    [{ model_type: 'mixtral' }, 'config.json: model_type is "mixtral", expected one of llama, mistral,'],
    [{ num_local_experts: 8 }, 'num_local_experts is 8, a mixture of experts is not supported.'],
    [{ attention_chunk_size: 8192 }, 'attention_chunk_size is 8192, attention in chunks is not supported.'],
    [
      { num_attention_sinks: 4 },
      'num_attention_sinks is 4, attention sinks are not supported outside of granite_swa.',
    ],
    [{ kv_lora_rank: 512 }, 'kv_lora_rank is 512, latent attention (MLA) is not supported.'],
    [
      { hidden_size_per_layer_input: 256 },
      'hidden_size_per_layer_input is 256, inputs of each layer are not supported.',
    ],
    [
      { quantization_config: { bits: 4 } },
      'quantization_config is {"bits":4}, quantised weights are not supported',
    ],
    [{ add_cross_attention: true }, 'add_cross_attention is true, cross attention is not supported.'],
    [
      { rope_scaling: { rope_type: 'axial' } },
      'config.json: rope_scaling: rope_type is "axial", expected one of default, linear, dynamic,',
    ],
    [
      { rope_parameters: { rope_type: 'default', mrope_section: [2, 1, 1] } },
      'mrope_section is [2,1,1], positions of several axes are not supported.',
    ],
    [
      { rope_scaling: { type: 'linear' } },
      'rope_scaling: factor is missing, expected a finite number above 0.',
    ],
    [
      { rope_scaling: { type: 'longrope', short_factor: [1, 2], long_factor: [1, 1, 1, 1] } },
      'short_factor has 2 numbers, expected 4',
    ],
    [
      { partial_rotary_factor: 0.5, rope_scaling: { type: 'linear', factor: 2 } },
      'partial_rotary_factor is 0.5, expected 1: with the rope type "linear" heads of this family rotate as a whole',
    ],
    [{ model_type: 'mistral', hidden_size: 3 }, 'num_attention_heads 4 does not divide hidden_size 3.'],
    [
      {
        model_type: 'gemma3_text',
        rope_parameters: { rope_theta: 5 },
        rope_scaling: { type: 'linear', factor: 2 },
      },
      'rope_parameters: full_attention is missing, expected it beside rope_scaling.',
    ],
    [
      { hidden_act: 'xielu' },
      'hidden_act is "xielu": it has weights of its own, which are not supported, expected',
    ],
    [{ head_dim: 7 }, 'heads have 7 numbers, expected an even number: they turn in pairs.'],
    [{ num_key_value_heads: 3 }, 'num_key_value_heads 3 does not divide num_attention_heads 4.'],
    [{ hidden_size: 30 }, 'num_attention_heads 4 does not divide hidden_size 30.'],
    [{ hidden_act: 'silly' }, 'hidden_act is "silly" (did you mean silu?), expected one of gelu_new,'],
    [{ num_hidden_layers: 1e9 }, 'num_hidden_layers is 1000000000, expected at most 10000.'],
    [{ rms_norm_eps: -1 }, 'rms_norm_eps is -1, expected a finite number of at least 0.'],
    [
      JSON.parse('{"rms_norm_eps":1e400}'),
      'rms_norm_eps is Infinity, expected a finite number of at least 0.',
    ],
    [{ hidden_size: '32' }, 'hidden_size is "32", expected a whole number of at least 1.'],
    [
      { model_type: 'qwen3', layer_types: ['linear_attention', 'full_attention'] },
      'layer_types[0] is "linear_attention", expected "full_attention" or "sliding_attention"',
    ],
    [
      { model_type: 'qwen2', layer_types: ['sliding_attention', 'full_attention'] },
      'use_sliding_window is false or absent, expected true: layer_types has "sliding_attention" layers.',
    ],
    [
      { model_type: 'gemma2', sliding_window: null },
      'sliding_window is null, expected a whole number: layer_types[0] is "sliding_attention".',
    ],
    [
      { model_type: 'gemma2', layer_types: ['full_attention'] },
      'expected 2 names, one for each of num_hidden_layers',
    ],
    [
      { model_type: 'gemma3_text', use_bidirectional_attention: true },
      'use_bidirectional_attention is true, attention to the right is not supported.',
    ],
    [
      { model_type: 'phi3', rope_scaling: { type: 'linear', factor: 2 } },
      'the rope type is "linear", expected "default" or "longrope" in a phi3.',
    ],
    [
      { model_type: 'stablelm', partial_rotary_factor: 0.4 },
      'partial_rotary_factor is 0.4: 3 numbers of a head rotate, expected one or an even number in a stablelm.',
    ],
    [
      { model_type: 'stablelm', rope_parameters: { rope_type: 'proportional', partial_rotary_factor: 0.5 } },
      'the rope type is "proportional" with partial_rotary_factor 0.5, expected 1 or another type in a stablelm.',
    ],
    [
      { head_dim: 2, rope_parameters: { rope_type: 'dynamic', factor: 2 } },
      'the rope type is "dynamic", and 2 numbers of a head turn: expected another number.',
    ],
    [{ pad_token_id: 97 }, 'pad_token_id is 97, expected a row of the token table: vocab_size is 97.'],
  ])('%j', (settings, message) => {
    expect(() => llama(settings)).toThrow(message);
  });
});

it('a setting that changes nothing in evaluation is let through, and so is one that is off', () => {
  const settings = {
    use_cache: true,
    pretraining_tp: 4,
    num_local_experts: 1,
    attention_chunk_size: null,
    quantization_config: null,
    is_encoder_decoder: false,
    pruned_heads: {},
    something_of_mine: 3,
  };
  expect(llama(settings)).toEqual(llama({}));
});

it('both spellings of rotary settings are one', () => {
  const scaling = {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 16,
  };
  const today = llama({ rope_parameters: { rope_type: 'llama3', rope_theta: 500000, ...scaling } });
  expect(llama({ rope_theta: 500000, rope_scaling: { type: 'llama3', ...scaling } })).toEqual(today);
  expect(today.layers[0]!.rope).toEqual({
    theta: 500000,
    dims: 8,
    scaling: { type: 'llama3', factor: 8, lowFrequency: 1, highFrequency: 4, positions: 16 },
  });
});

it('what config.json leaves out is as in the class of transformers', () => {
  const { layers, ...spec } = read({ model_type: 'qwen3' });
  expect(layers).toHaveLength(32);
  expect(spec).toMatchObject({ width: 4096, headDim: 128, vocabulary: 151936, head: { tied: false } });
  expect(read({ model_type: 'mistral' }).layers[0]).toEqual({
    rope: { theta: 10000, dims: 128, scaling: { type: 'default' } },
    window: 4096,
  });
  expect(
    read({ model_type: 'smollm3' })
      .layers.slice(0, 4)
      .map(({ rope }) => rope?.theta),
  ).toEqual([2_000_000, 2_000_000, 2_000_000, undefined]);
});

it('special tokens that config.json leaves out are those of the class, and null is none', () => {
  const tokensOf = (settings: object) => {
    const { bosTokenId, eosTokenId, padTokenId } = decoderConfig({ ...small, ...settings }, 'config.json');
    return [bosTokenId, eosTokenId, padTokenId];
  };
  expect(tokensOf({ model_type: 'llama' })).toEqual([1, 2, null]);
  expect(tokensOf({ model_type: 'gemma2' })).toEqual([2, 1, 0]);
  expect(tokensOf({ model_type: 'qwen3' })).toEqual([null, null, null]);
  expect(tokensOf({ model_type: 'opt', bos_token_id: null, eos_token_id: [5, 6] })).toEqual([
    null,
    [5, 6],
    1,
  ]);
  // Beyond the table: no row of it is the padding token's.
  expect(read({ model_type: 'phi3', ...small }).embedding.padding).toBeNull();
});

it('a setting that the family does not read is said to have no effect, one that it reads is not', () => {
  const settings = { ...small, model_type: 'llama', rope_theta: 500, head_dim: 8, attention_bias: false };
  expect(configNotes({ ...settings, use_cache: true, dtype: 'float32' }, 'LlamaForCausalLM')).toEqual([]);
  expect(configNotes({ ...settings, sliding_window: 4, rope_tetha: 1 }, 'LlamaForCausalLM')).toEqual([
    'config.json has settings that llama does not use; they have no effect here: sliding_window, rope_tetha',
  ]);
});

it('a rotary setting that transformers reads and does not heed is said to have no effect', () => {
  const settings = { ...small, model_type: 'llama', partial_rotary_factor: 0.5 };
  expect(configNotes(settings, 'LlamaForCausalLM')).toEqual([
    'config.json: partial_rotary_factor is 0.5: without effect in a llama, whose heads turn as a whole',
  ]);
  expect(llama({ partial_rotary_factor: 0.5 })).toEqual(llama({}));
  const flat = { ...small, model_type: 'gemma3_text', rope_parameters: { rope_type: 'linear', factor: 2 } };
  expect(configNotes(flat, 'Gemma3ForCausalLM')).toEqual([
    'config.json: rope_parameters has rope_type, factor beside full_attention and sliding_attention: without effect in a gemma3_text',
  ]);
  const scaled = { ...small, model_type: 'gemma3_text', rope_scaling: { type: 'linear', factor: 2 } };
  expect(configNotes(scaled, 'Gemma3ForCausalLM')).toEqual([
    'config.json: rope_scaling has type "linear": without effect in a gemma3_text, which reads rope_type',
  ]);
  expect(read(scaled)).toEqual(read({ ...scaled, rope_scaling: undefined }));
  expect(read(flat)).toEqual(read({ ...flat, rope_parameters: undefined }));
});

it('heads have the whole part of the quotient where the class of transformers has it so', () => {
  const odd = { ...small, hidden_size: 34 };
  for (const model_type of ['mistral', 'qwen2', 'smollm3', 'phi3', 'olmo2', 'granite', 'starcoder2'])
    expect(read({ ...odd, model_type }).headDim, model_type).toBe(8);
});

it('granite_swa has a sink for each head, windows, and a base of rotary positions for each layer', () => {
  // As transformers 5.24 writes it.
  const json = {
    architectures: ['GraniteSWAForCausalLM'],
    ...{
      attention_bias: false,
      attention_dropout: 0,
      attention_multiplier: 0.3,
      bos_token_id: 1,
      dtype: 'float32',
    },
    ...{
      embedding_multiplier: 3,
      eos_token_id: 2,
      hidden_act: 'silu',
      hidden_size: 32,
      initializer_range: 0.2,
    },
    ...{
      intermediate_size: 40,
      layer_rope_theta: [1e4, 500, 0],
      logits_scaling: 2,
      max_position_embeddings: 64,
    },
    layer_types: ['full_attention', 'sliding_attention', 'sliding_attention'],
    ...{ mlp_bias: false, model_type: 'granite_swa', num_attention_heads: 4, num_hidden_layers: 3 },
    ...{ num_key_value_heads: 2, pad_token_id: null, residual_multiplier: 0.5, rms_norm_eps: 1e-5 },
    rope_parameters: { rope_theta: 1e4, rope_type: 'default' },
    ...{
      sliding_window: 4,
      tie_word_embeddings: true,
      transformers_version: '5.24.0',
      use_cache: true,
      vocab_size: 61,
    },
  };
  expect(configNotes(json, 'GraniteSWAForCausalLM')).toEqual([]);
  const { attention, layers } = read(json);
  expect(attention.sinks).toBe('sinks');
  expect(layers.map(({ rope, window }) => [rope?.theta ?? null, window])).toEqual([
    [1e4, null],
    [500, 4],
    [null, 4],
  ]);
  expect(() => read({ ...json, layer_rope_theta: [1e4, 500] })).toThrow(
    'layer_rope_theta is [10000,500], expected 3 numbers of at least 0, one for each of num_hidden_layers.',
  );
  expect(
    read({ ...json, layer_types: undefined, sliding_window: undefined }).layers.map(({ window }) => window),
  ).toEqual([null, 128, 128]);
});

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const vectors = `${root}../shared/vectors/decoders`;
const folders: Readonly<Record<string, string>> = { gemma3_text: 'gemma3', gpt_neox: 'gpt-neox' };
const folderOf = (type: string) => `${vectors}/${folders[type] ?? type}`;
describe.skipIf(!existsSync(vectors))(
  `as transformers writes it${existsSync(vectors) ? '' : ' (skipped: ../shared/vectors is not beside this checkout)'}`,
  () => {
    // A family without vectors has at least models of ours there.
    const { families } = JSON.parse(readFileSync(`${root}golden/decoder-options/cases.json`, 'utf8'));
    const ours = decoderTypes.filter((type) => type in families && !existsSync(folderOf(type)));

    it.each(decoderTypes.filter((type) => !ours.includes(type)))(
      'a %s has no setting without use',
      (type) => {
        const json = JSON.parse(readFileSync(`${folderOf(type)}/config.json`, 'utf8'));
        expect(configNotes(json, json.architectures[0])).toEqual([]);
      },
    );
  },
);
