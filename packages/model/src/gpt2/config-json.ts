/** The config.json that Hugging Face's transformers (4.57 and 5) reads as the same model. Reading one lives in config.ts. */
import type { Gpt2Settings } from './config.ts';

/** Python tells 0 from 0.0, and transformers 5 checks its settings' types: these are written with a point. */
const floatKeys = [
  'embd_pdrop',
  'resid_pdrop',
  'attn_pdrop',
  'layer_norm_epsilon',
  'initializer_range',
  'summary_first_dropout',
];

/** The file's text, keys in alphabetical order as transformers writes them. */
export function configJson(config: Gpt2Settings): string {
  const json: Record<string, unknown> = {
    ...config,
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    dtype: 'float32',
    use_cache: true,
    // Of a classification head that this model has not; transformers writes them in every GPT-2.
    summary_activation: null,
    summary_first_dropout: 0.1,
    summary_proj_to_labels: true,
    summary_type: 'cls_index',
    summary_use_proj: true,
  };
  const sorted = Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify(sorted, null, 2);
  const whole = new RegExp(`^(  "(?:${floatKeys.join('|')})": -?\\d+)(,?)$`, 'gm');
  return `${text.replace(whole, '$1.0$2')}\n`;
}
