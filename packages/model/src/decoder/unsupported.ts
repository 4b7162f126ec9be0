/**
 * Settings that make a model another one than this decoder can be, whatever its family: each is refused by name and
 * value. A setting that changes nothing in evaluation is not here, and is let through.
 */
import type { Fields } from './fields.ts';

type IsSet = (value: unknown) => boolean;

const truthy: IsSet = (value) => value !== undefined && value !== null && value !== false;
const nonZero: IsSet = (value) => truthy(value) && value !== 0;
const aboveOne: IsSet = (value) => typeof value === 'number' && value > 1;
const filled: IsSet = (value) => typeof value === 'object' && value !== null && Object.keys(value).length > 0;

const unsupported: readonly (readonly [keys: readonly string[], isSet: IsSet, what: string])[] = [
  [
    ['num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts', 'num_routed_experts'],
    aboveOne,
    'a mixture of experts is not supported',
  ],
  [
    ['moe_intermediate_size', 'num_experts_per_tok', 'n_shared_experts', 'enable_moe_block'],
    nonZero,
    'a mixture of experts is not supported',
  ],
  [
    ['hidden_size_per_layer_input', 'vocab_size_per_layer_input'],
    nonZero,
    'inputs of each layer are not supported',
  ],
  [['num_kv_shared_layers'], nonZero, 'keys shared between layers are not supported'],
  [['kv_lora_rank', 'q_lora_rank', 'qk_rope_head_dim'], nonZero, 'latent attention (MLA) is not supported'],
  [
    [
      'linear_num_key_heads',
      'linear_num_value_heads',
      'linear_key_head_dim',
      'mamba_d_state',
      'conv_L_cache',
    ],
    nonZero,
    'linear attention, state spaces and convolutions are not supported',
  ],
  [['attention_chunk_size'], nonZero, 'attention in chunks is not supported'],
  [
    [
      'attention_sinks',
      'use_attention_sinks',
      'num_attention_sinks',
      'attention_sink_size',
      'use_sinks',
      'add_full_attention_sink_bias',
      'add_swa_attention_sink_bias',
    ],
    nonZero,
    'attention sinks are not supported outside of granite_swa',
  ],
  [['attn_temperature_tuning', 'clip_qkv', 'alibi'], nonZero, 'it is not supported'],
  [['use_bidirectional_attention'], truthy, 'attention to the right is not supported'],
  [['add_cross_attention', 'is_encoder_decoder'], truthy, 'cross attention is not supported'],
  [
    ['quantization_config', 'compression_config'],
    truthy,
    'quantised weights are not supported: save the model dequantised',
  ],
  [['pruned_heads'], filled, 'pruned heads are not supported'],
];

/** @throws UserError `model/config` */
export function refuseUnsupported(fields: Fields): void {
  for (const [keys, isSet, what] of unsupported)
    for (const key of keys) if (isSet(fields.value(key))) fields.refuseValue(key, `${what}`);
}
