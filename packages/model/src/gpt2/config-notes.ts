/**
 * What a config.json says that this program does not do, or does otherwise than transformers would. Words for a report;
 * what cannot be done is refused in config.ts.
 */
import { nearest } from '@nanscope/errors';
import type { JsonObject } from '../causal-lm.ts';
import { someOf } from '../weights/facts.ts';
import { configAliases, type Gpt2Settings } from './config.ts';

/** Keys of GPT2Config that are read, by their own names. */
const read = [
  'vocab_size',
  'n_positions',
  'n_embd',
  'n_layer',
  'n_head',
  'n_inner',
  'activation_function',
  'layer_norm_epsilon',
  'initializer_range',
  'scale_attn_weights',
  'scale_attn_by_inverse_layer_idx',
  'reorder_and_upcast_attn',
  'tie_word_embeddings',
  'embd_pdrop',
  'attn_pdrop',
  'resid_pdrop',
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'model_type',
  'architectures',
  'add_cross_attention',
  'is_encoder_decoder',
  'pruned_heads',
  'dtype',
  'torch_dtype',
];

/** Keys without an effect on the loss of given tokens, by what they are about. */
const withoutEffect: readonly (readonly [RegExp, string])[] = [
  [/^(embd|attn|resid)_pdrop$/, 'dropout, in training only'],
  [/^use_cache$/, 'every position is computed anew'],
  [/^summary_/, 'of a classification head'],
  [/^(id2label|label2id|num_labels|problem_type|finetuning_task)$/, 'of a classification head'],
  [
    /^(task_specific_params|do_sample|max_length|min_length|temperature|top_k|top_p|repetition_penalty|num_beams|no_repeat_ngram_size|decoder_start_token_id)$/,
    'of generation',
  ],
  [/^(output_attentions|output_hidden_states|output_past|return_dict|use_return_dict)$/, 'what is returned'],
  [/^(gradient_checkpointing|torchscript|chunk_size_feed_forward)$/, 'how it is computed'],
];

/** Keys that only say where the file comes from, or repeat another. */
const told =
  /^(transformers_version|_name_or_path|_commit_hash|name_or_path|n_ctx|tokenizer_class|auto_map|prefix|sep_token_id|cls_token_id|is_decoder)$/;

const isKnown = (key: string) =>
  read.includes(key) ||
  Object.hasOwn(configAliases, key) ||
  told.test(key) ||
  withoutEffect.some(([pattern]) => pattern.test(key));

function aliasNotes(json: JsonObject): string[] {
  return Object.entries(configAliases).flatMap(([alias, key]) =>
    Object.hasOwn(json, alias) && Object.hasOwn(json, key) && json[alias] !== json[key]
      ? [
          `config.json says ${alias} ${json[alias]} and ${key} ${json[key]}: ${alias} is taken, as transformers does`,
        ]
      : [],
  );
}

function unknownNote(json: JsonObject): string | undefined {
  const unknown = Object.keys(json).filter((key) => !isKnown(key));
  if (unknown.length === 0) return undefined;
  const said = unknown.map((key) => {
    const near = nearest(key, [...read, ...Object.keys(configAliases)]);
    return near === undefined ? key : `${key} (did you mean ${near}?)`;
  });
  return `config.json has settings that GPT-2 does not know; they have no effect here: ${someOf(said)}`;
}

/** A model of another task is evaluated as a language model, by the head that transformers' GPT2LMHeadModel would give it. */
function headNote({ architectures }: JsonObject): string | undefined {
  if (!Array.isArray(architectures) || architectures.length === 0) return undefined;
  if (architectures.some((name) => /^GPT2(LMHead|DoubleHeads)?Model$/.test(name))) return undefined;
  return `config.json says ${architectures.join(', ')}: evaluated as a language model, as transformers' GPT2LMHeadModel does, without the head of that task`;
}

/** What is unusual in a config.json that is accepted. */
export function configNotes(json: JsonObject): string[] {
  return [headNote(json), ...aliasNotes(json), unknownNote(json)].filter((text) => text !== undefined);
}

/** Settings of the folder that have no effect on the loss of given tokens: `use_cache: every position is computed anew`. */
export function unusedSettings(json: JsonObject, files: readonly string[]): string[] {
  const inConfig = Object.keys(json).flatMap((key) =>
    withoutEffect.filter(([pattern]) => pattern.test(key)).map(([, why]) => `${key}: ${why}`),
  );
  const generation = files.includes('generation_config.json')
    ? ['generation_config.json: of generation']
    : [];
  return [...inConfig.sort(), ...generation];
}

// The config.json that Hugging Face's transformers (4.57 and 5) reads as the same model. Reading one lives in config.ts.

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
    // Settings of a classification head, which this model does not have; transformers writes them for every GPT-2.
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
