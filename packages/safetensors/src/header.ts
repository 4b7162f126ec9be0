/**
 * Parses and checks the JSON header of a safetensors file. Pure: bytes in, a table of tensors out. The format:
 * 8 bytes little-endian header length, the header, then the data, which the tensors must cover without gap or overlap.
 */
import { type CodeIn, UserError } from '@nanscope/errors';

// The element types of the safetensors format and their sizes. Conversions live in convert.ts.

const sizes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

/** A dtype as the header spells it. */
export type Dtype = keyof typeof sizes;

/** Every dtype that can be read and written, in the order messages list them. */
export const dtypes = Object.keys(sizes) as readonly Dtype[];

export function isDtype(name: unknown): name is Dtype {
  return typeof name === 'string' && Object.hasOwn(sizes, name);
}

/** Bytes of one element. */
export function dtypeBytes(dtype: Dtype): number {
  return sizes[dtype];
}

/** Git LFS leaves a short text where a large file was not fetched. Told by its first line, whatever the file's name. */
export const isGitLfsPointer = (text: string): boolean =>
  text.startsWith('version https://git-lfs.github.com/spec/');

/**
 * Lists the keys of a JSON object with duplicates kept, which JSON.parse hides (the last one wins silently).
 * For text that JSON.parse has accepted; it does not validate.
 */
function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let expectKey = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      if (depth === 1 && expectKey) keys.push(JSON.parse(json.slice(start, i + 1)) as string);
      expectKey = false;
    } else if (character === '{' || character === '[') {
      depth++;
      expectKey = character === '{';
    } else if (character === '}' || character === ']') {
      depth--;
    } else if (character === ',') {
      expectKey = depth === 1;
    }
  }
  return keys;
}

/** Upper limit of the format's reference implementation; larger headers are refused unread. */
const maximumHeaderBytes = 100_000_000;

export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte within the data section, and the byte after the last. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

function fail(path: string, what: CodeIn<'safetensors'>, message: string): never {
  throw new UserError(`safetensors/${what}`, `${path}: ${message}`);
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/**
 * The header's length from the first bytes of a file.
 *
 * @param prefix The first 9 bytes (8 of length, 1 of header) or fewer when the file is shorter.
 * @throws UserError when this cannot be a safetensors file, or its header was cut off.
 */
export function headerLength(path: string, prefix: Uint8Array, fileBytes: number): number {
  const no = (why: string) =>
    fail(path, 'not-safetensors', `not a safetensors file: ${why}. Export the weights with safetensors.`);
  if (prefix.length < 8) no(`expected at least 8 bytes, found ${fileBytes}`);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (prefix.length > 8 && prefix[8] !== 0x7b) no('its header does not begin with "{"');
  if (length < 2n) no(`it states a header of ${length} bytes`);
  if (length > BigInt(maximumHeaderBytes)) {
    fail(
      path,
      'header-too-large',
      `header of ${length} bytes stated, at most ${maximumHeaderBytes} are allowed. Is this a safetensors file?`,
    );
  }
  if (BigInt(fileBytes) < 8n + length) {
    fail(
      path,
      'truncated-header',
      `truncated header: expected ${8n + length} bytes, found ${fileBytes}. Copy the file again.`,
    );
  }
  return Number(length);
}

function parseJson(path: string, bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    return fail(path, 'not-safetensors', 'not a safetensors file: its header is not JSON in UTF-8.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(path, 'not-safetensors', 'not a safetensors file: its header is not a JSON object.');
  }
  const seen = new Set<string>();
  for (const key of topLevelKeys(text)) {
    if (seen.has(key))
      fail(path, 'duplicate-tensor', `tensor "${key}" is listed twice in the header. Write the file again.`);
    seen.add(key);
  }
  return value as Record<string, unknown>;
}

function parseMetadata(path: string, value: unknown): Record<string, string> {
  const bad = () => fail(path, 'metadata', '"__metadata__" in the header must map names to strings.');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad();
  for (const entry of Object.values(value)) if (typeof entry !== 'string') bad();
  return value as Record<string, string>;
}

function parseTensor(path: string, name: string, value: unknown): TensorInfo {
  const entry = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isDtype(dtype)) {
    return fail(
      path,
      'unknown-dtype',
      `tensor "${name}" has dtype ${JSON.stringify(dtype)}, expected one of ${dtypes.join(', ')}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    return fail(
      path,
      'shape',
      `tensor "${name}" has shape ${JSON.stringify(shape)}, expected a list of sizes.`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail(
      path,
      'offsets',
      `tensor "${name}" has data_offsets ${JSON.stringify(offsets)}, expected [begin, end].`,
    );
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) {
    return fail(
      path,
      'offsets',
      `tensor "${name}" has data_offsets ${JSON.stringify(offsets)}, expected begin <= end.`,
    );
  }
  const expected = shape.reduce((product: number, size: number) => product * size, dtypeBytes(dtype));
  if (expected !== end - begin) {
    fail(
      path,
      'size',
      `tensor "${name}" is ${dtype} [${shape.join(', ')}], ${expected} bytes, but its data_offsets hold ${end - begin}.`,
    );
  }
  return { dtype, shape, begin, end };
}

/**
 * Checks a whole header against the size of the data section that follows it.
 *
 * @throws UserError naming the first tensor that does not fit: dtype, shape, offsets, gap, overlap, truncated data.
 */
export function parseHeader(path: string, bytes: Uint8Array, dataBytes: number): Header {
  const json = parseJson(path, bytes);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') tensors.set(name, parseTensor(path, name, value));
  }
  let position = 0;
  for (const [name, { begin, end }] of [...tensors].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin < position)
      fail(
        path,
        'overlap',
        `tensor "${name}" begins at byte ${begin}, inside the tensor before it (ends at ${position}).`,
      );
    if (begin > position)
      fail(
        path,
        'gap',
        `tensor "${name}" begins at byte ${begin}, expected ${position}: the bytes between belong to no tensor.`,
      );
    position = end;
  }
  if (dataBytes < position)
    fail(
      path,
      'truncated-data',
      `truncated data: expected ${position} bytes, found ${dataBytes}. Copy the file again.`,
    );
  if (dataBytes > position)
    fail(
      path,
      'trailing-data',
      `expected ${position} bytes of data, found ${dataBytes}: the rest belongs to no tensor.`,
    );
  const metadata = Object.hasOwn(json, '__metadata__') ? parseMetadata(path, json.__metadata__) : {};
  return { tensors, metadata };
}

// Where the bytes of a file come from: a disk, a file that was dropped on a page, a buffer. Readers ask for ranges, never for the whole.

export interface ByteSource {
  /** The file's name, for messages. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** @returns exactly `length` bytes in a buffer of their own. @throws UserError when they cannot be read */
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
            `${path}: cannot be read any more; it may have changed since it was chosen. Choose it again.`,
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
