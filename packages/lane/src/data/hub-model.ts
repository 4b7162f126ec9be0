/** `--model org/name`: the model is fetched into the cache once, before any lane starts, and is a folder from there on. */
import { existsSync } from 'node:fs';
import { type DownloadProgress, downloadModel, isHubName } from '@nanscope/hub';
import { isModelPreset, isTrainedModel } from '@nanscope/model';
import type { ModelChoice } from './model.ts';

const percent = ({ received, total }: DownloadProgress) =>
  total > 0 ? Math.floor((100 * received) / total) : 100;

/**
 * @param say told what is fetched, at every file and every tenth of the whole
 * @returns The configuration with the folder in place of the name; as it was when it names no model of a hub.
 * @throws {UserError} `hub/*`: no such model, no connection, a damaged file
 */
export async function withModelFolder<Config extends ModelChoice>(
  config: Config,
  say: (what: string) => void,
): Promise<Config> {
  const { model } = config;
  if (isModelPreset(model) || isTrainedModel(model) || existsSync(model) || !isHubName(model)) return config;
  say(`looking for ${model}`);
  let told = '';
  const { directory, warning } = await downloadModel(model, {
    onProgress(progress) {
      const now = `${progress.file} ${Math.floor(percent(progress) / 10)}`;
      if (now === told) return;
      told = now;
      say(`${model}: ${progress.file} (${progress.number} of ${progress.files}), ${percent(progress)} %`);
    },
  });
  if (warning !== undefined) say(`warning: ${warning}`);
  return { ...config, model: directory };
}
