/** Small trained models that come with the package: folders in Hugging Face layout, each with its model card. */
import { fileURLToPath } from 'node:url';

const folders = {
  /** Bytes of this project's own prose; models/prose/README.md says how it was made. */
  prose: fileURLToPath(new URL('../models/prose', import.meta.url)),
} as const;

export type TrainedModel = keyof typeof folders;

/** In the order help texts list them. */
export const trainedModels = Object.keys(folders) as readonly TrainedModel[];

export function isTrainedModel(name: string): name is TrainedModel {
  return Object.hasOwn(folders, name);
}

/** Where the files of one are; `src` and `dist` are both one folder below the package. */
export const trainedModelFolder = (name: TrainedModel): string => folders[name];
