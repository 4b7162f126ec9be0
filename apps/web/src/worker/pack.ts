/** A run folder as a zip. */
import { strToU8, zipSync } from 'fflate';
import type { Tasks } from './tasks.ts';

export async function pack({ files }: Tasks['pack']['given']): Promise<Uint8Array<ArrayBuffer>> {
  const contents = Object.fromEntries([...files].map(([path, text]) => [path, strToU8(text)]));
  return zipSync(contents, { level: 6 });
}
