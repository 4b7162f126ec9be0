/** Where the bytes of a file come from: a disk, a file that was dropped on a page, a buffer. Readers ask for ranges, never for the whole. */
import { UserError } from '@nanscope/errors';

export interface ByteSource {
  /** The file's name, for messages. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** @returns exactly `length` bytes in a buffer of their own. @throws UserError when they can not be read */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A file of a page: one that was dropped or chosen, or what was fetched. Only the ranges that are asked for are read. */
export function blobSource(path: string, blob: Blob): ByteSource {
  return {
    path,
    size: blob.size,
    async read(position, length) {
      const bytes = await blob
        .slice(position, position + length)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw new UserError(
            'safetensors/unreadable',
            `${path}: can not be read any more; it may have changed since it was chosen. Choose it again.`,
            { cause },
          );
        });
      if (bytes.byteLength === length) return new Uint8Array(bytes);
      throw new UserError(
        'safetensors/truncated-data',
        `${path}: expected ${length} bytes at ${position}, found ${bytes.byteLength}: the file shrank while it was read.`,
      );
    },
  };
}
