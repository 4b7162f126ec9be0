/** A user's mistake on its way from a child process to its parent. */
import type { UserError } from '@nanscope/errors';
import type { LaneMessage } from './task.ts';

type UserErrorMessage = Extract<LaneMessage, { kind: 'user-error' }>;

export const userErrorMessage = ({ code, message, exitCode, values }: UserError): UserErrorMessage => ({
  kind: 'user-error',
  code,
  message,
  exitCode,
  ...(values && { values }),
});
