/**
 * Where downloaded models lie. The folders are those of Hugging Face's own cache, so that with HF_HOME set what
 * Python has fetched is found here, and the other way round:
 *
 *     models--org--name/refs/main                   the commit that the revision stood for
 *     models--org--name/snapshots/<commit>/FILE     a link into blobs, or a copy where links are not allowed
 *     models--org--name/blobs/<checksum>            the content; `<checksum>.incomplete` while it is being fetched
 */
import { access, copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { UserError } from '@nanscope/errors';

export type Environment = Readonly<Record<string, string | undefined>>;

/** HF_HUB_CACHE, else HF_HOME/hub, else nanscope/hub in the user's cache folder. An empty variable is as good as none. */
export function defaultCacheFolder(env: Environment = process.env, platform = process.platform): string {
  if (env.HF_HUB_CACHE) return env.HF_HUB_CACHE;
  if (env.HF_HOME) return join(env.HF_HOME, 'hub');
  const home = env.HOME || env.USERPROFILE || homedir();
  const user = env.XDG_CACHE_HOME || (platform === 'win32' && env.LOCALAPPDATA) || join(home, '.cache');
  return join(user, 'nanscope', 'hub');
}

export class ModelCache {
  readonly folder: string;

  /** @param root the cache folder @param name `org/name` or, for a few old models, `name` */
  constructor(root: string, name: string) {
    this.folder = join(root, ['models', ...name.split('/')].join('--'));
  }

  blob(checksum: string): string {
    return join(this.folder, 'blobs', checksum);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  #ref(revision: string): string {
    return join(this.folder, 'refs', ...revision.split('/'));
  }

  /** The commit that a revision stood for when it was last fetched; a commit stands for itself. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    const text = await readFile(this.#ref(revision), 'utf8').catch(() => '');
    return /^[0-9a-f]{40}$/.test(text.trim()) ? text.trim() : undefined;
  }

  async setRef(revision: string, commit: string): Promise<void> {
    if (revision === commit) return;
    const path = this.#ref(revision);
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, commit);
    await rename(temporary, path);
  }

  /** Makes a blob appear as a file of the snapshot. */
  async link(checksum: string, commit: string, path: string): Promise<void> {
    const target = join(this.snapshot(commit), path);
    await mkdir(dirname(target), { recursive: true });
    const temporary = `${target}.${process.pid}.tmp`;
    await rm(temporary, { force: true });
    const blob = this.blob(checksum);
    // Windows allows links to developers only.
    await symlink(relative(dirname(target), blob), temporary).catch(() => copyFile(blob, temporary));
    await rename(temporary, target);
  }

  /** The files of a snapshot; empty when it is not there. A link whose blob is gone does not count. */
  async files(commit: string): Promise<string[]> {
    const folder = this.snapshot(commit);
    const entries = await readdir(folder, { recursive: true }).catch(() => []);
    const there = await Promise.all(
      entries.map((name) =>
        access(join(folder, name)).then(
          () => true,
          () => false,
        ),
      ),
    );
    return entries.filter((_, at) => there[at]).map((name) => name.replaceAll('\\', '/'));
  }
}

// What counts as a model's name on a hub, and which of a repository's files a model needs. Pure.

const part = /^(?!.*(?:--|\.\.))[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?$/;

/** True for `org/name`. A relative path such as `./runs/a` or `a/b/c` is not one. */
export function isHubName(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && parts.every((one) => part.test(one) && one.length <= 96);
}

/** @throws UserError `hub/name` */
export function checkHubName(name: string): void {
  if (isHubName(name)) return;
  throw new UserError(
    'hub/name',
    `"${name}" is not the name of a model: expected org/name, such as openai-community/gpt2.`,
  );
}

/** @throws UserError `hub/revision` for what could not be a branch, a tag or a commit */
export function checkRevision(revision: string): void {
  if (/^[\w][\w./-]*$/.test(revision) && !revision.includes('..')) return;
  throw new UserError('hub/revision', `revision "${revision}": expected a branch, a tag or a commit.`);
}

const configuration =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json$|^merges\.txt$/;

/** Configuration, tokenizer and safetensors weights at the top of the repository; of whole and sharded the whole. */
export function neededFiles(paths: readonly string[]): string[] {
  const whole = paths.includes('model.safetensors');
  return paths.filter(
    (path) =>
      configuration.test(path) ||
      path === 'model.safetensors' ||
      (!whole && /^model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)$/.test(path)),
  );
}

/** Why these files are no model, or undefined when they are. */
export function whatIsMissing(paths: readonly string[]): string | undefined {
  if (!paths.includes('config.json')) return 'config.json';
  if (paths.includes('model.safetensors')) return undefined;
  if (!paths.includes('model.safetensors.index.json')) return 'model.safetensors';
  const shards = paths.flatMap((path) => /^model-(\d+)-of-(\d+)\.safetensors$/.exec(path)?.[2] ?? []);
  return shards.length > 0 && shards.length === Number(shards[0]) ? undefined : 'a shard of its weights';
}
