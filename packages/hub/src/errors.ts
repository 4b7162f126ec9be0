/** What went wrong on the way to a hub, in one line a user can act on. */
import { HubApiError } from '@huggingface/hub';
import { errorLine, UserError } from '@nanscope/errors';

/** A request that never got an answer, as opposed to an answer that says no. */
export class NoAnswer extends Error {}

/** An answer of a file request that is no success. */
export class BadAnswer extends Error {
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
      `${name} is not in the cache and ${endpoint} can not be reached (${errorLine(error)}). Connect and try again (what has arrived is kept), or name a folder with --model.`,
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
      `${name} can not be kept in the cache (${errorLine(error)}). Free space, or name another folder with HF_HOME.`,
      { cause: error },
    );
  }
  return error;
}
