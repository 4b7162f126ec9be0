/** A model that is split over several safetensors files, listed by `model.safetensors.index.json`; where the files lie is the caller's business. */
import { errorLine, nearest, UserError } from '@nanscope/errors';
import type { TensorInfo } from './header.ts';
import type { SafetensorsFile, SafetensorsTensor } from './open.ts';

class Shards implements SafetensorsFile {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly #files: ReadonlyMap<string, SafetensorsFile>;

  constructor(path: string, metadata: Record<string, string>, files: ReadonlyMap<string, SafetensorsFile>) {
    this.path = path;
    this.metadata = metadata;
    this.names = [...files.keys()];
    this.#files = files;
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  info(name: string): TensorInfo {
    return this.#file(name).info(name);
  }

  read(name: string): Promise<SafetensorsTensor> {
    return this.#file(name).read(name);
  }

  #file(name: string): SafetensorsFile {
    const file = this.#files.get(name);
    if (file) return file;
    const near = nearest(name, this.names);
    throw new UserError(
      'safetensors/no-tensor',
      `${this.path} has no tensor "${name}"${near === undefined ? '' : `; the nearest name is "${near}"`}.`,
    );
  }
}

function parseIndex(
  path: string,
  text: string,
): { weights: [string, string][]; metadata: Record<string, string> } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError('safetensors/index', `${path}: cannot be read as JSON (${errorLine(error)}).`, {
      cause: error,
    });
  }
  const { weight_map: map, metadata } = (json ?? {}) as { weight_map?: unknown; metadata?: unknown };
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new UserError(
      'safetensors/index',
      `${path}: expected a "weight_map" from tensor names to file names.`,
    );
  }
  const weights = Object.entries(map as Record<string, unknown>).map(([name, file]): [string, string] => {
    // A shard lies beside its index; a path that leads elsewhere is a mistake or an attack.
    if (typeof file !== 'string' || /[\\/]/.test(file) || ['', '.', '..'].includes(file)) {
      throw new UserError(
        'safetensors/index',
        `${path}: tensor "${name}" is mapped to ${JSON.stringify(file)}, expected the name of a file beside the index.`,
      );
    }
    return [name, file];
  });
  const strings = Object.entries((metadata ?? {}) as Record<string, unknown>).map(([key, value]) => [
    key,
    String(value),
  ]);
  return { weights, metadata: Object.fromEntries(strings) as Record<string, string> };
}

/**
 * Opens all shards of an index as if they were one file.
 *
 * @param path The index, for messages.
 * @param text Its content.
 * @param open Opens the file of that name beside it.
 * @throws UserError when the index or a shard is missing or broken, or a tensor is not in the shard the index names.
 */
export async function openShards(
  path: string,
  text: string,
  open: (name: string) => Promise<SafetensorsFile>,
): Promise<SafetensorsFile> {
  const { weights, metadata } = parseIndex(path, text);
  const shards = new Map<string, SafetensorsFile>();
  const files = new Map<string, SafetensorsFile>();
  for (const [name, file] of weights) {
    let shard = shards.get(file);
    if (!shard) {
      shard = await open(file);
      shards.set(file, shard);
    }
    if (!shard.has(name)) {
      throw new UserError(
        'safetensors/index',
        `${path}: tensor "${name}" is mapped to ${file}, which does not hold it.`,
      );
    }
    files.set(name, shard);
  }
  return new Shards(path, metadata, files);
}
