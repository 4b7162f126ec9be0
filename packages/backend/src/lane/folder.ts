/** Makes a folder and its parents. Node's own `recursive` never returns below /proc, which refuses every mkdir. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Private to the user. Does nothing when it is there. @throws the file system's error otherwise. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw cause;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again;
    });
  }
}
