/**
 * Errors a user can act on: what was expected, what was found, what to do next, in one line.
 * Broken invariants of our own are plain `Error`s, never these.
 *
 * @module
 */
export { type CodeIn, type ErrorCode, errorCodes, exitCodeOf, type UserExitCode } from './codes.ts';
export {
  commandPrefix,
  install,
  installAgain,
  installation,
  nearest,
  programPrefix,
  reinstall,
} from './nearest.ts';
export { Decorations, errorLine, inWords, UserError, type UserErrorOptions } from './user-error.ts';
