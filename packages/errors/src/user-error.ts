/**
 * The error class behind every message a user may see. Entry points print its one line and leave with its
 * exit code; anything else that is thrown is a bug of ours and keeps its stack trace.
 */
import { type ErrorCode, exitCodeOf, type UserExitCode } from './codes.ts';

export interface UserErrorOptions {
  readonly cause?: unknown;
  /** What would be right instead, where it is one of a few: a page offers them. The message says them too. */
  readonly values?: readonly string[] | undefined;
}

/** What a terminal would obey, out of a file's name or its content, as what it is: `\u001b`. */
const visible = (text: string) =>
  text.replace(
    /\p{Cc}|\p{Bidi_Control}/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * @example
 * ```ts
 * throw new UserError('data/empty', `${path} holds no text: expected at least one non-empty line. Name another file with --data.`);
 * ```
 */
export class UserError extends Error {
  /** Stable and greppable, `area/what`: `collator/no-pad-token`, `device/not-found`. */
  readonly code: ErrorCode;
  readonly exitCode: UserExitCode;
  readonly values?: readonly string[];

  /** @param message One line: who, what was expected, what was found, what to do next. */
  constructor(code: ErrorCode, message: string, options: UserErrorOptions = {}) {
    super(
      visible(message.replace(/\s*\n\s*/g, ' ')),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = 'UserError';
    this.code = code;
    this.exitCode = exitCodeOf(code);
    if (options.values) this.values = options.values;
  }
}

/** The first line of whatever was thrown, for places that report a failure and go on. */
export function errorLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] ?? '';
}
