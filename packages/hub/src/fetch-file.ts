/**
 * One file from a hub into the cache: streamed to `<checksum>.incomplete`, continued there by a Range request after a
 * drop, and given its name only when its size and checksum are right.
 */

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HubApiError } from '@huggingface/hub';
import { errorLine, UserError } from '@nanscope/errors';

// What went wrong on the way to a hub, in one line a user can act on.

/** A request that never got an answer, as opposed to an answer that says no. */
export class NoAnswer extends Error {}

/** An answer of a file request that is no success. */
class BadAnswer extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** `fetch failed` says nothing; the system's reason is in the cause. */
export function networkReason(error: unknown): string {
  const { cause } = error as { cause?: { code?: string } };
  return cause?.code ?? (cause === undefined ? errorLine(error) : errorLine(cause));
}

export interface Request {
  readonly name: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly token: boolean;
}

/** The user's error for anything thrown while talking to the hub; what is no such failure comes back as it is. */
export function hubError(error: unknown, { name, revision, endpoint, token }: Request): unknown {
  if (error instanceof UserError) return error;
  if (error instanceof NoAnswer) {
    return new UserError(
      'hub/offline',
      `${name} is not in the cache and ${endpoint} cannot be reached (${errorLine(error)}). Connect and try again (what has arrived is kept), or name a folder with --model.`,
      { cause: error },
    );
  }
  const status =
    error instanceof HubApiError ? error.statusCode : error instanceof BadAnswer ? error.status : undefined;
  if (status === 401 || status === 403) {
    const advice = token
      ? 'Check its spelling, and that your token may read it.'
      : 'Check its spelling; for a private or gated one set HF_TOKEN.';
    return new UserError('hub/denied', `${endpoint} gives no access to ${name} (HTTP ${status}). ${advice}`, {
      cause: error,
    });
  }
  if (status === 404) {
    return new UserError(
      'hub/not-found',
      `${endpoint} has no model ${name} at revision ${revision}. Check the spelling of both.`,
      { cause: error },
    );
  }
  if (status !== undefined) {
    return new UserError(
      'hub/failed',
      `${endpoint} answered HTTP ${status} for ${name}. Try again later; what has arrived is kept.`,
      { cause: error },
    );
  }
  if ((error as NodeJS.ErrnoException).syscall !== undefined) {
    return new UserError(
      'hub/unwritable',
      `${name} cannot be kept in the cache (${errorLine(error)}). Free space, or name another folder with HF_HOME.`,
      { cause: error },
    );
  }
  return error;
}

export interface RemoteFile {
  readonly url: string;
  /** For messages: `org/name/model.safetensors`. */
  readonly label: string;
  readonly size: number;
  /** SHA-256 of the content for large files, git's SHA-1 for small ones: hub and length tell which. */
  readonly checksum: string;
}

interface FetchOptions {
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests in a row that may bring nothing before it is given up. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled each time. */
  readonly patience: number;
  readonly onBytes: (received: number) => void;
}

/** Git names a small file by the SHA-1 of a header and its content; 64 digits are a plain SHA-256. */
function checksumOf(file: RemoteFile): Hash {
  if (file.checksum.length === 64) return createHash('sha256');
  return createHash('sha1').update(`blob ${file.size}\0`);
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** One request for what is missing; returns when the stream ends, whether all has come or not. */
async function receive(
  file: RemoteFile,
  path: string,
  { fetch, headers, onBytes }: FetchOptions,
): Promise<void> {
  const have = await sizeOf(path);
  const range: Record<string, string> = have > 0 ? { Range: `bytes=${have}-` } : {};
  let response: Response;
  try {
    response = await fetch(file.url, { headers: { ...headers, ...range } });
  } catch (error) {
    throw new NoAnswer(networkReason(error));
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new BadAnswer(response.status);
  }
  // A server that does not know ranges sends the whole file again.
  const start =
    response.status === 206
      ? Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1])
      : 0;
  if (start !== have && start !== 0) throw new BadAnswer(response.status);
  const output = await open(path, start === have ? 'a' : 'w');
  try {
    let received = start;
    const reader = response.body.getReader();
    while (true) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new NoAnswer(networkReason(error));
      });
      if (done) break;
      await output.write(value);
      received += value.length;
      onBytes(received);
      if (received > file.size) break;
    }
    await reader.cancel().catch(() => {});
    await output.sync();
  } finally {
    await output.close();
  }
}

/** @throws UserError `hub/checksum`; the wrong content is removed, so that the next try begins anew */
async function verify(file: RemoteFile, path: string): Promise<void> {
  const size = await sizeOf(path);
  const hash = checksumOf(file);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const found = hash.digest('hex');
  if (size === file.size && found === file.checksum) return;
  await rm(path, { force: true });
  const difference =
    size === file.size
      ? `checksum ${file.checksum.slice(0, 12)}…, found ${found.slice(0, 12)}…`
      : `${file.size} bytes, found ${size}`;
  throw new UserError(
    'hub/checksum',
    `${file.label} arrived damaged: expected ${difference}. It was thrown away; try again.`,
  );
}

/**
 * Fetches a file unless it is there.
 *
 * @param path where it belongs
 * @throws UserError `hub/checksum`; `NoAnswer` and `BadAnswer` when the hub does not give it
 */
export async function fetchFile(file: RemoteFile, path: string, options: FetchOptions): Promise<void> {
  if ((await sizeOf(path)) === file.size && file.size > 0) return options.onBytes(file.size);
  await mkdir(dirname(path), { recursive: true });
  const incomplete = `${path}.incomplete`;
  if ((await sizeOf(incomplete)) > file.size) await rm(incomplete);
  let fruitless = 0;
  // An empty file takes one request too: it has to be there.
  for (let first = true; first ? true : (await sizeOf(incomplete)) < file.size; first = false) {
    const before = await sizeOf(incomplete);
    if (first && before === file.size && before > 0) break;
    try {
      await receive(file, incomplete, options);
      fruitless = (await sizeOf(incomplete)) > before ? 0 : fruitless + 1;
      if (fruitless >= options.attempts) throw new NoAnswer('the connection closes early');
    } catch (error) {
      if (error instanceof NoAnswer && (await sizeOf(incomplete)) > before) fruitless = 0;
      const again =
        (error instanceof NoAnswer || (error instanceof BadAnswer && error.status >= 500)) &&
        ++fruitless < options.attempts;
      if (!again) throw error;
      await new Promise((resolve) => setTimeout(resolve, options.patience * 2 ** (fruitless - 1)));
    }
  }
  await verify(file, incomplete);
  await rename(incomplete, path);
}
