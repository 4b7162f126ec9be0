/**
 * Errors a user can act on: what was expected, what was found, what to do next, in one line.
 * Broken invariants of our own are plain `Error`s, never these.
 *
 * @module
 */
export { type CodeIn, type ErrorCode, errorCodes, exitCodeOf, type UserExitCode } from './codes.ts';
export { Decorations, inWords } from './decorations.ts';
export {
  commandPrefix,
  install,
  installAgain,
  installation,
  programPrefix,
  reinstall,
} from './installation.ts';
export { nearest } from './nearest.ts';
export { errorLine, UserError, type UserErrorOptions } from './user-error.ts';
