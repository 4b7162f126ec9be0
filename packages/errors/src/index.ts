/**
 * Errors a user can act on: what was expected, what was found, what to do next, in one line.
 * Broken invariants of our own are plain `Error`s, never these.
 *
 * @module
 */
export { Decorations, inWords } from './decorate.ts';
export { nearest } from './nearest.ts';
export { errorLine, UserError, type UserErrorOptions, type UserExitCode } from './user-error.ts';
