/** Reads a ustar archive held in memory: regular files only, which is all that our one archive has. */

const block = 512;

function text(header: Uint8Array, from: number, to: number): string {
  return Buffer.from(header.subarray(from, to)).toString('latin1').split('\0', 1)[0]!.trim();
}

/**
 * The regular files of `archive` by base name, as views without a copy.
 *
 * @throws when the archive ends in the middle of a file or a size is not an octal number.
 */
export function readTar(archive: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + block <= archive.length) {
    const header = archive.subarray(at, at + block);
    const name = text(header, 0, 100);
    if (name === '') break;
    const size = Number.parseInt(text(header, 124, 136) || '0', 8);
    const start = at + block;
    if (!Number.isSafeInteger(size) || start + size > archive.length) {
      throw new Error(`The tar archive is damaged at byte ${at}: "${name}" claims ${size} bytes.`);
    }
    const type = text(header, 156, 157);
    if (type === '0' || type === '')
      files.set(name.split('/').at(-1)!, archive.subarray(start, start + size));
    at = start + Math.ceil(size / block) * block;
  }
  return files;
}
