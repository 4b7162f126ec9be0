/** What a config.json of a decoder says without effect on the loss of given tokens. What would have one is refused. */
import type { JsonObject } from '../causal-lm.ts';

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

/** A model of another task is evaluated as a language model. */
export function configNotes({ architectures }: JsonObject, modelClass: string): string[] {
  if (!Array.isArray(architectures) || architectures.length === 0 || architectures.includes(modelClass))
    return [];
  return [
    `config.json says ${architectures.join(', ')}: evaluated as a language model, as transformers' ${modelClass} does, without the head of that task`,
  ];
}
