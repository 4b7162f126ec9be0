import { describe, expect, it } from 'vitest';
import { parseConfig } from '../families.ts';
import { modelPresets, presetConfig } from '../presets.ts';

describe('config.json', () => {
  it('takes Hugging Face keys and fills in Hugging Face defaults', () => {
    const config = parseConfig({ model_type: 'gpt2', n_embd: 32, n_head: 2, attn_pdrop: 0.1 }, 'c');
    expect(config).toMatchObject({
      gpt2: {
        n_embd: 32,
        n_head: 2,
        n_layer: 12,
        n_positions: 1024,
        vocab_size: 50257,
        n_inner: null,
        layer_norm_epsilon: 1e-5,
        initializer_range: 0.02,
        scale_attn_weights: true,
        scale_attn_by_inverse_layer_idx: false,
        tie_word_embeddings: true,
      },
    });
  });

  it('takes gelu_pytorch_tanh as the same function', () => {
    expect(() => parseConfig({ activation_function: 'gelu_pytorch_tanh' }, 'c')).not.toThrow();
  });

  it.each([
    ['another model type', { model_type: 'bert' }, 'model_type is "bert", expected one of gpt2'],
    [
      'another architecture',
      { architectures: ['LlamaForCausalLM'] },
      'architectures is ["LlamaForCausalLM"]',
    ],
    [
      'another activation',
      { activation_function: 'gelu_nwe' },
      'activation_function is "gelu_nwe" (did you mean gelu_new?); expected one of gelu_new, ',
    ],
    [
      'an activation with weights',
      { activation_function: 'prelu' },
      'activation_function is "prelu": it has',
    ],
    [
      'quantised weights',
      { quantization_config: { bits: 4 } },
      'quantization_config is {"bits":4}, which is not',
    ],
    ['pruned heads', { pruned_heads: { 0: [1] } }, 'pruned_heads is {"0":[1]}, which is not supported'],
    ['more layers than names can be listed', { n_layer: 1e9 }, 'n_layer: '],
    ['a negative epsilon', { layer_norm_epsilon: -1e-5 }, 'layer_norm_epsilon: '],
    ['cross attention', { add_cross_attention: true }, 'add_cross_attention is true'],
    ['heads that do not divide the width', { n_embd: 64, n_head: 3 }, 'n_head 3 does not divide n_embd 64'],
    ['a value of the wrong type', { n_layer: 'two' }, 'n_layer: '],
    ['a size of zero', { vocab_size: 0 }, 'vocab_size: '],
    ['no object', [], 'expected a JSON object'],
  ])('refuses %s in one line that names the file', (_, json, message) => {
    expect(() => parseConfig(json, 'model/config.json')).toThrow(`model/config.json: ${message}`);
  });
});

describe('presets', () => {
  it('are all valid, and tiny has the vocabulary of the byte tokenizer', () => {
    for (const name of modelPresets) expect(presetConfig(name).width % presetConfig(name).heads).toBe(0);
    expect(presetConfig('tiny')).toMatchObject({ vocabulary: 258, eosTokenId: 256, padTokenId: 257 });
  });

  it('an unknown name offers the nearest', () => {
    expect(() => presetConfig('gpt2-mediun')).toThrow('did you mean gpt2-medium?');
  });
});
