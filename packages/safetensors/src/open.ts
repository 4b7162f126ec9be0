/** One safetensors file over any source of bytes: the header at once, each tensor only when it is asked for. Shards: shards.ts. */
import { nearest, UserError } from '@nanscope/errors';
import {
  type ByteSource,
  type Dtype,
  type Header,
  headerLength,
  isGitLfsPointer,
  parseHeader,
  type TensorInfo,
} from './header.ts';

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

class OneFile implements SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly #source: ByteSource;
  readonly #header: Header;
  readonly #dataStart: number;

  constructor(source: ByteSource, header: Header, dataStart: number) {
    this.path = source.path;
    this.metadata = header.metadata;
    this.names = [...header.tensors.keys()];
    this.#source = source;
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
    const data = await this.#source.read(this.#dataStart + begin, end - begin);
    return { dtype, shape, data };
  }
}

/**
 * Opens a safetensors file and checks its header against its size; no tensor data is read.
 *
 * @throws UserError (one line) when the source is unreadable, not safetensors, truncated or inconsistent.
 */
export async function openSource(source: ByteSource): Promise<SafetensorsFile> {
  const { path, size } = source;
  const start = await source.read(0, Math.min(64, size));
  if (isGitLfsPointer(new TextDecoder().decode(start))) {
    throw new UserError(
      'safetensors/git-lfs',
      `${path}: expected a safetensors file, found a Git LFS pointer, which stands for a file that was not fetched. Run "git lfs pull" in the folder.`,
    );
  }
  const length = headerLength(path, start.subarray(0, 9), size);
  const header = await source.read(8, length);
  return new OneFile(source, parseHeader(path, header, size - 8 - length), 8 + length);
}
