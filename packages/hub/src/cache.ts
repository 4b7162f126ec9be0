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
