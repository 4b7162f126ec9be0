/** A safetensors file on a disk, opened for each range that is read. What is read is open.ts's business. */
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import type { ByteSource } from './header.ts';
import { openSource, type SafetensorsFile } from './open.ts';
import { openShards } from './shards.ts';

/** fs.read takes at most 2^31 - 1 bytes at once. */
const chunkBytes = 1 << 30;

async function readRange(
  file: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(chunkBytes, length - done), position + done);
    if (bytesRead === 0) {
      throw new UserError(
        'safetensors/truncated-data',
        `${path}: expected ${length} bytes at ${position}, found ${done}: the file shrank while it was read.`,
      );
    }
    done += bytesRead;
  }
  return bytes;
}

/** Runs `use` with the file open, closes it in any case, and says in one line why a file cannot be read. */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('safetensors/unreadable', `${path}: cannot be read (${errorLine(error)}).`, {
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

/** The bytes of a file of a disk. @throws UserError when it cannot be read */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size } = await withFile(path, (file) => file.stat());
  const read = (position: number, length: number) =>
    withFile(path, (file) => readRange(file, path, position, length));
  return { path, size, read };
}

/**
 * Opens a safetensors file and checks its header against its size; no tensor data is read.
 *
 * @throws UserError (one line) when the file is unreadable, not safetensors, truncated or inconsistent.
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return openSource(await fileSource(path));
}

// Opens what a path names on a disk: one safetensors file, or all shards of an index.

/** @throws UserError when the index or a shard is missing or broken, or a tensor is not in the shard the index names */
export async function readShardedSafetensors(indexPath: string): Promise<SafetensorsFile> {
  const text = await readFile(indexPath, 'utf8').catch((cause: unknown) => {
    const why = `${indexPath}: cannot be read as JSON (${errorLine(cause)}).`;
    throw new UserError('safetensors/index', why, { cause });
  });
  return openShards(indexPath, text, (name) => readSafetensors(join(dirname(indexPath), name)));
}

/** Opens a `.safetensors` file, or all shards of a `.safetensors.index.json`. */
export function openSafetensors(path: string): Promise<SafetensorsFile> {
  return path.endsWith('.json') ? readShardedSafetensors(path) : readSafetensors(path);
}
