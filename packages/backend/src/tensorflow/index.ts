/**
 * The `tensorflow` backend: native TensorFlow through the optional `@tensorflow/tfjs-node`, whose install
 * script downloads a library and may have failed. Both ways in which that shows (a package that is not
 * linked, a package without its addon) end here in one reason and one remedy.
 */
import { errorLine, UserError } from '@nanscope/errors';
import type { Backend } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import { activate, release } from '../registry.ts';
import { corrections } from './corrections.ts';
import { loadTensorflow, remedy } from './load.ts';

export const tensorflow: Backend = {
  id: 'tensorflow',
  probe: async () => {
    try {
      return { id: 'tensorflow', available: true, facts: await loadTensorflow() };
    } catch (cause) {
      return { id: 'tensorflow', available: false, reason: errorLine(cause), remedy };
    }
  },
  open: async () => {
    try {
      const facts = await loadTensorflow();
      await activate('tensorflow');
      return {
        id: 'tensorflow',
        tfjsName: 'tensorflow',
        facts,
        notes: correct(corrections),
        dispose: () => release('tensorflow'),
      };
    } catch (cause) {
      throw new UserError(
        'backend/not-available',
        `The tensorflow backend can not be opened: ${errorLine(cause)}. ${remedy}`,
        { cause },
      );
    }
  },
};
