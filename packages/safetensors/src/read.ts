/** Opens one safetensors file: the header at once, each tensor only when it is asked for. Shards: sharded.ts. */
import { type FileHandle, open } from 'node:fs/promises';
import { errorLine, nearest, UserError } from '@nanscope/errors';
import type { Dtype } from './dtype.ts';
import { type Header, headerLength, parseHeader, type TensorInfo } from './header.ts';

/** One tensor with its raw little-endian bytes; `data` starts at offset 0 of its own buffer. */
export interface SafetensorsTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array<ArrayBuffer>;
}

export interface SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the header. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** dtype and shape without reading data. @throws UserError for a name that is not there. */
  info(name: string): TensorInfo;
  /** Reads this tensor's bytes only. @throws UserError for a name that is not there or a failed read. */
  read(name: string): Promise<SafetensorsTensor>;
}

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

/** Runs `use` with the file open, closes it in any case, and says in one line why a file can not be read. */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await use(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError('safetensors/unreadable', `${path}: can not be read (${errorLine(error)}).`, {
      cause: error,
    });
  } finally {
    await file?.close();
  }
}

class OneFile implements SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly #header: Header;
  readonly #dataStart: number;

  constructor(path: string, header: Header, dataStart: number) {
    this.path = path;
    this.metadata = header.metadata;
    this.names = [...header.tensors.keys()];
    this.#header = header;
    this.#dataStart = dataStart;
  }

  has(name: string): boolean {
    return this.#header.tensors.has(name);
  }

  info(name: string): TensorInfo {
    const info = this.#header.tensors.get(name);
    if (info) return info;
    const near = nearest(name, this.names);
    throw new UserError(
      'safetensors/no-tensor',
      `${this.path} has no tensor "${name}"${near === undefined ? '' : `; the nearest name is "${near}"`}.`,
    );
  }

  async read(name: string): Promise<SafetensorsTensor> {
    const { dtype, shape, begin, end } = this.info(name);
    const data = await withFile(this.path, (file) =>
      readRange(file, this.path, this.#dataStart + begin, end - begin),
    );
    return { dtype, shape, data };
  }
}

/**
 * Opens a safetensors file and checks its header against its size; no tensor data is read.
 *
 * @throws UserError (one line) when the file is unreadable, not safetensors, truncated or inconsistent.
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return withFile(path, async (file) => {
    const { size } = await file.stat();
    const length = headerLength(path, await readRange(file, path, 0, Math.min(9, size)), size);
    const header = await readRange(file, path, 8, length);
    return new OneFile(path, parseHeader(path, header, size - 8 - length), 8 + length);
  });
}
