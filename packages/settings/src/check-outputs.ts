/** Whether what is asked for beside the metrics has a file to go into. */
import { UserError } from '@nanscope/errors';
import type { EvalConfig } from './eval-config.ts';

/** @throws {UserError} `usage/grads` */
export function checkOutputs({ grads, saveOutputs }: Pick<EvalConfig, 'grads' | 'saveOutputs'>): void {
  if (!grads || saveOutputs !== undefined) return;
  throw new UserError(
    'usage/grads',
    '--grads: expected --save-outputs FILE, the file that gradients are written to, found none. Add it, or leave --grads out.',
  );
}
