/** What a config.json of a decoder says without effect on the loss of given tokens. What would have one is refused. */
import type { JsonObject } from '../causal-lm.ts';
import { someOf } from '../weights/facts.ts';
import { settingsWithoutEffect } from './families/index.ts';

const withoutEffect: readonly (readonly [RegExp, string])[] = [
  [/^(.*_dropout|.*_pdrop|dropout|layerdrop)$/, 'dropout, in training only'],
  [/^use_cache$/, 'every position is computed anew'],
  [/^pretraining_tp$/, 'how the weights were split'],
  [
    /^(id2label|label2id|num_labels|problem_type|finetuning_task|classifier_dropout)$/,
    'of a classification head',
  ],
  [
    /^(do_sample|max_length|min_length|temperature|top_k|top_p|repetition_penalty|num_beams)$/,
    'of generation',
  ],
  [/^(output_attentions|output_hidden_states|return_dict|use_return_dict)$/, 'what is returned'],
  [/^(gradient_checkpointing|torchscript|chunk_size_feed_forward)$/, 'how it is computed'],
];

/** Each with why: `use_cache: every position is computed anew`. */
export function unusedSettings(json: JsonObject, files: readonly string[]): string[] {
  const inConfig = Object.keys(json).flatMap((key) =>
    withoutEffect
      .filter(([pattern]) => pattern.test(key))
      .slice(0, 1)
      .map(([, why]) => `${key}: ${why}`),
  );
  const generation = files.includes('generation_config.json')
    ? ['generation_config.json: of generation']
    : [];
  return [...inConfig.sort(), ...generation];
}

/** Keys that only say where the file comes from, that a family need not read, or that are read elsewhere. */
const told =
  /^(architectures|dtype|torch_dtype|transformers_version|_name_or_path|_commit_hash|name_or_path|tokenizer_class|auto_map|prefix|(bos|eos|pad|sep|cls|unk)_token_id|is_decoder|max_window_layers|_sliding_window_pattern|original_max_position_embeddings)$/;

/** Settings that transformers' class of the family does not use either: misspelled, or of another family. */
function unknownNote(json: JsonObject): string[] {
  const { unread, remarks } = settingsWithoutEffect(json);
  const unknown = unread.filter(
    (key) => json[key] !== null && !told.test(key) && !withoutEffect.some(([pattern]) => pattern.test(key)),
  );
  const said = remarks.map((remark) => `config.json: ${remark}`);
  if (unknown.length === 0) return said;
  return [
    ...said,
    `config.json has settings that ${json.model_type} does not use; they have no effect here: ${someOf(unknown)}`,
  ];
}

/** What is unusual in a config.json that is accepted. */
export const configNotes = (json: JsonObject, modelClass: string): string[] => [
  ...headNote(json, modelClass),
  ...unknownNote(json),
];

/** A model of another task is evaluated as a language model. */
function headNote({ architectures }: JsonObject, modelClass: string): string[] {
  if (!Array.isArray(architectures) || architectures.length === 0 || architectures.includes(modelClass))
    return [];
  return [
    `config.json says ${architectures.join(', ')}: evaluated as a language model, as transformers' ${modelClass} does, without the head of that task`,
  ];
}
