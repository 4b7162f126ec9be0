/** A model by its name: looked up on the hub, fetched into the cache, and given back as a folder. */
import { type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub';
import { errorLine, UserError } from '@nanscope/errors';
import {
  checkHubName,
  checkRevision,
  defaultCacheFolder,
  type Environment,
  ModelCache,
  neededFiles,
  whatIsMissing,
} from './cache.ts';
import { fetchFile, hubError, NoAnswer, networkReason, type RemoteFile } from './fetch-file.ts';

export interface DownloadProgress {
  readonly file: string;
  /** Counted from 1. */
  readonly number: number;
  readonly files: number;
  /** Bytes of all files, those that were there before included. */
  readonly received: number;
  readonly total: number;
}

export interface DownloadOptions {
  /** Branch, tag or commit; default `main`. */
  readonly revision?: string;
  /** Default: see `defaultCacheFolder`. */
  readonly cache?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE and the cache variables; default the process's own. */
  readonly env?: Environment;
  readonly fetch?: typeof fetch;
  /** Attempts in a row that may bring nothing, default 5, and milliseconds before the second, default 500. */
  readonly attempts?: number;
  readonly patience?: number;
}

export interface DownloadedModel {
  /** Holds config.json, weights and the tokenizer's files: what `--model` takes. */
  readonly directory: string;
  readonly commit: string;
  /** Why the cache was taken as it is although the hub was not asked or did not answer. */
  readonly warning?: string;
}

const truthy = (value: string | undefined) => /^(1|on|yes|true)$/i.test(value ?? '');

/** What the cache holds of this revision, if that is a whole model. */
async function fromCache(cache: ModelCache, revision: string): Promise<DownloadedModel | undefined> {
  const commit = await cache.commitOf(revision);
  if (commit === undefined || whatIsMissing(await cache.files(commit)) !== undefined) return undefined;
  return { directory: cache.snapshot(commit), commit };
}

interface Hub {
  readonly endpoint: string;
  readonly fetch: typeof fetch;
  readonly token: string | undefined;
}

/** Asks through the library, telling a hub that does not answer from one that says no. */
async function ask<T>({ endpoint, fetch, token }: Hub, question: (common: object) => Promise<T>): Promise<T> {
  const guarded: typeof fetch = async (...request) => {
    try {
      return await fetch(...request);
    } catch (error) {
      throw new NoAnswer(networkReason(error));
    }
  };
  return question({ hubUrl: endpoint, fetch: guarded, ...(token && { accessToken: token }) });
}

const commitAt = async (hub: Hub, name: string, revision: string): Promise<string> => {
  const { sha } = await ask(hub, (common) =>
    modelInfo({ ...common, name, revision, additionalFields: ['sha'] }),
  );
  if (/^[0-9a-f]{40}$/.test(sha)) return sha;
  throw new UserError(
    'hub/not-a-hub',
    `${hub.endpoint} named no commit of ${name}. Is it a Hugging Face hub?`,
  );
};

async function filesAt(hub: Hub, name: string, commit: string): Promise<ListFileEntry[]> {
  const entries: ListFileEntry[] = [];
  await ask(hub, async (common) => {
    for await (const entry of listFiles({ ...common, repo: name, revision: commit })) entries.push(entry);
  });
  const files = entries.filter(({ type }) => type === 'file');
  const needed = new Set(neededFiles(files.map(({ path }) => path)));
  const missing = whatIsMissing([...needed]);
  if (missing === undefined) return files.filter(({ path }) => needed.has(path));
  const other = files.find(({ path }) => /\.(bin|pt|pth|h5|msgpack|gguf)$/.test(path))?.path;
  const hint = missing !== 'config.json' && other !== undefined ? ` ${other} is not read.` : '';
  throw new UserError(
    'hub/no-model',
    `${name} has no ${missing}: expected config.json and safetensors weights.${hint} Name another model or revision.`,
  );
}

/** A checksum names a file of the cache: anything else than digits must not get there. */
function remoteFile({ endpoint }: Hub, name: string, commit: string, entry: ListFileEntry): RemoteFile {
  const checksum = entry.lfs?.oid ?? entry.oid ?? '';
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(checksum))
    throw new UserError(
      'hub/not-a-hub',
      `${endpoint} gave no checksum for ${entry.path} of ${name}. Is it a Hugging Face hub?`,
    );
  const url = `${endpoint}/${name}/resolve/${commit}/${encodeURIComponent(entry.path)}`;
  return { url, label: `${name}/${entry.path}`, size: entry.lfs?.size ?? entry.size, checksum };
}

async function fetchAll(
  hub: Hub,
  name: string,
  revision: string,
  cache: ModelCache,
  options: DownloadOptions,
): Promise<DownloadedModel> {
  const commit = await commitAt(hub, name, revision);
  const entries = await filesAt(hub, name, commit);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const [index, entry] of entries.entries()) {
    const file = remoteFile(hub, name, commit, entry);
    await fetchFile(file, cache.blob(file.checksum), {
      fetch: hub.fetch,
      headers: hub.token ? { Authorization: `Bearer ${hub.token}` } : {},
      attempts: options.attempts ?? 5,
      patience: options.patience ?? 500,
      onBytes: (received) =>
        options.onProgress?.({
          file: entry.path,
          number: index + 1,
          files: entries.length,
          received: before + received,
          total,
        }),
    });
    await cache.link(file.checksum, commit, entry.path);
    before += entry.size;
  }
  await cache.setRef(revision, commit);
  return { directory: cache.snapshot(commit), commit };
}

/**
 * Fetches a model's configuration, safetensors weights and tokenizer, or what of them is not in the cache yet. Large
 * files are checked by SHA-256, small ones by git's checksum; a file that was cut off is continued.
 *
 * When the hub cannot be reached and the cache holds the revision, that is taken, with a warning; a commit that the
 * cache holds is never asked for.
 *
 * @param name `org/name`
 * @throws UserError `hub/name`, `hub/revision`, `hub/denied`, `hub/not-found`, `hub/no-model`, `hub/checksum`,
 *   `hub/unwritable`, and with exit code 3 `hub/offline`, `hub/failed`.
 */
export async function downloadModel(name: string, options: DownloadOptions = {}): Promise<DownloadedModel> {
  const { revision = 'main', env = process.env } = options;
  checkHubName(name);
  checkRevision(revision);
  const cache = new ModelCache(options.cache ?? defaultCacheFolder(env), name);
  const cached = await fromCache(cache, revision);
  if (cached !== undefined && cached.commit === revision) return cached;
  const token = env.HF_TOKEN?.trim() || undefined;
  const hub: Hub = {
    endpoint: (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    fetch: options.fetch ?? fetch,
    token,
  };
  if (token !== undefined && !token.startsWith('hf_')) {
    throw new UserError('hub/token', 'HF_TOKEN: expected a token that starts with hf_. Correct or unset it.');
  }
  try {
    if (truthy(env.HF_HUB_OFFLINE)) throw new NoAnswer('HF_HUB_OFFLINE is set');
    return await fetchAll(hub, name, revision, cache, options);
  } catch (error) {
    if (error instanceof NoAnswer && cached !== undefined) {
      return {
        ...cached,
        warning: `${name}: taken from the cache, the hub was not asked (${errorLine(error)})`,
      };
    }
    throw hubError(error, { name, revision, endpoint: hub.endpoint, token: token !== undefined });
  }
}
