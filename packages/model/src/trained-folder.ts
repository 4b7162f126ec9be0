/** The folder of a bundled trained model, as a path of this machine. */
import { fileURLToPath } from 'node:url';
import { type TrainedModel, trainedModelFiles } from './trained.ts';

export const trainedModelFolder = (name: TrainedModel): string =>
  fileURLToPath(new URL('.', trainedModelFiles(name)['config.json'])).replace(/[\\/]$/, '');
