/** Small trained models that come with the package: folders in Hugging Face layout, each with its model card. */

/** The files of each by name, on a disk or on a page's host; `src` and `dist` are both one folder below the package. */
const files = {
  /** Bytes of this project's own prose; models/prose/README.md says how it was made. */
  prose: {
    'config.json': new URL('../models/prose/config.json', import.meta.url),
    'model.safetensors': new URL('../models/prose/model.safetensors', import.meta.url),
    'special_tokens_map.json': new URL('../models/prose/special_tokens_map.json', import.meta.url),
    'tokenizer.json': new URL('../models/prose/tokenizer.json', import.meta.url),
    'tokenizer_config.json': new URL('../models/prose/tokenizer_config.json', import.meta.url),
  },
} as const satisfies Record<string, Readonly<Record<string, URL>>>;

export type TrainedModel = keyof typeof files;

/** In the order help texts list them. */
export const trainedModels = Object.keys(files) as readonly TrainedModel[];

export function isTrainedModel(name: string): name is TrainedModel {
  return Object.hasOwn(files, name);
}

/** Where the files of one are, by their names. */
export const trainedModelFiles = (name: TrainedModel): Readonly<Record<string, URL>> => files[name];
