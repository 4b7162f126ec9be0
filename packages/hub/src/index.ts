/** Models by name: checked, resumed downloads from a Hugging Face hub into a cache folder. @module */
export { defaultCacheFolder, type Environment, isHubName } from './cache.ts';
export {
  type DownloadedModel,
  type DownloadOptions,
  type DownloadProgress,
  downloadModel,
} from './download.ts';
