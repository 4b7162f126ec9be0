/** Opens what a path names on a disk: one safetensors file, or all shards of an index. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorLine, UserError } from '@nanscope/errors';
import type { SafetensorsFile } from './open.ts';
import { readSafetensors } from './read.ts';
import { openShards } from './shards.ts';

/** @throws UserError when the index or a shard is missing or broken, or a tensor is not in the shard the index names */
export async function readShardedSafetensors(indexPath: string): Promise<SafetensorsFile> {
  const text = await readFile(indexPath, 'utf8').catch((cause: unknown) => {
    const why = `${indexPath}: can not be read as JSON (${errorLine(cause)}).`;
    throw new UserError('safetensors/index', why, { cause });
  });
  return openShards(indexPath, text, (name) => readSafetensors(join(dirname(indexPath), name)));
}

/** Opens a `.safetensors` file, or all shards of a `.safetensors.index.json`. */
export function openSafetensors(path: string): Promise<SafetensorsFile> {
  return path.endsWith('.json') ? readShardedSafetensors(path) : readSafetensors(path);
}
