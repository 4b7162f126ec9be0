/**
 * The texts in a zip that may come from anywhere. It is read as a stream and stopped at the first bound that it passes; only
 * files that a run folder has are unpacked, and none of the sizes that the zip states is believed.
 */
import { errorLine, UserError } from '@nanscope/errors';
import { strFromU8, Unzip, UnzipInflate } from 'fflate';

export interface Bounds {
  readonly zipBytes: number;
  /** Bytes of all that is unpacked. */
  readonly unpackedBytes: number;
  readonly entries: number;
}

const MiB = 2 ** 20;
/** Far above any result, which alone is unpacked: the largest is that of a whole matrix, with its cells. */
export const bounds: Bounds = { zipBytes: 256 * MiB, unpackedBytes: 64 * MiB, entries: 10_000 };

const refuse = (name: string, found: string, expected: string) =>
  new UserError('page/zip', `${name}: expected ${expected}, found ${found}. Choose the zip of a run folder.`);

/**
 * @param wanted which paths to unpack
 * @throws {UserError} `page/zip` for what is no zip, is broken, or is larger than any run
 */
export async function unpack(
  name: string,
  zip: Blob,
  wanted: (path: string) => boolean,
  limits: Bounds = bounds,
): Promise<Map<string, string>> {
  if (zip.size > limits.zipBytes)
    throw refuse(name, `${Math.ceil(zip.size / MiB)} MiB`, `a zip of at most ${limits.zipBytes / MiB} MiB`);
  const texts = new Map<string, string>();
  let entries = 0;
  let unpacked = 0;
  let failure: unknown;
  const unzip = new Unzip((file) => {
    if (++entries > limits.entries)
      failure ??= refuse(name, 'more', `a zip of at most ${limits.entries} files`);
    if (failure !== undefined || !wanted(file.name)) return;
    const parts: Uint8Array[] = [];
    file.ondata = (error, part, last) => {
      if (error) failure ??= error;
      if (failure !== undefined) return;
      unpacked += part.length;
      if (unpacked > limits.unpackedBytes) {
        failure = refuse(name, 'more', `at most ${limits.unpackedBytes / MiB} MiB of unpacked files`);
        return file.terminate();
      }
      parts.push(part);
      if (last) texts.set(file.name, strFromU8(joined(parts)));
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  const reader = zip.stream().getReader();
  try {
    for (let part = await reader.read(); ; part = await reader.read()) {
      unzip.push(part.value ?? new Uint8Array(), part.done);
      if (failure !== undefined) throw failure;
      if (part.done) break;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw refuse(name, errorLine(error), 'a zip that is whole');
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (entries === 0) throw refuse(name, 'no file in it', 'a zip');
  return texts;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
