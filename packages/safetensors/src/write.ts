/** Writes a safetensors file so that a reader sees either the old file or the whole new one. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import { dtypeBytes } from './header.ts';
import type { SafetensorsTensor } from './open.ts';

// Files and folders that are there whole or not at all, also after a power cut: bytes are flushed before a name
// points at them, and the folder that holds the name is flushed after. What the bytes mean is the caller's concern.

/** Flushes a folder's list of names. Windows cannot open folders and needs no flush: nothing happens there. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (process.platform !== 'win32' && code !== 'EINVAL' && code !== 'ENOTSUP') throw error;
  } finally {
    await folder?.close();
  }
}

/** Writes a new file and flushes it. @throws the system's error, also when the file exists. */
export async function writeNewFile(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts `content` at `path`: a reader sees the earlier file or the whole new one. @throws the system's error. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeNewFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Wider elements first, then by name: every tensor begins on a multiple of its element size. */
function inFileOrder(tensors: Readonly<Record<string, SafetensorsTensor>>): [string, SafetensorsTensor][] {
  return Object.entries(tensors).sort(
    ([a, x], [b, y]) => dtypeBytes(y.dtype) - dtypeBytes(x.dtype) || (a < b ? -1 : a > b ? 1 : 0),
  );
}

function encodeHeader(
  entries: [string, SafetensorsTensor][],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  const header = new Map<string, unknown>();
  if (metadata) header.set('__metadata__', metadata);
  let position = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    const expected = shape.reduce((product, size) => product * size, dtypeBytes(dtype));
    if (name === '__metadata__' || expected !== data.byteLength) {
      throw new Error(
        `Tensor "${name}" cannot be written: ${dtype} [${shape.join(', ')}] with ${data.byteLength} bytes.`,
      );
    }
    header.set(name, { dtype, shape, data_offsets: [position, position + data.byteLength] });
    position += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), 'utf8');
  // Blanks after the JSON keep the data section on a multiple of 8, as the format's reference writer does.
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length, ' ');
  bytes.writeBigUInt64LE(BigInt(length), 0);
  json.copy(bytes, 8);
  return bytes;
}

/**
 * Writes all tensors to `path`: first to a temporary file beside it, flushed, then renamed over it.
 *
 * @param metadata Strings for the header's `__metadata__`.
 * @throws UserError when the folder is missing or cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = inFileOrder(tensors);
  const header = encodeHeader(entries, metadata);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(header);
      for (const [, { data }] of entries) await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new UserError(
      'safetensors/unwritable',
      `${path}: cannot be written (${errorLine(error)}). Name another folder.`,
      { cause: error },
    );
  }
}
