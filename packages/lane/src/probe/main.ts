/** Entry point of a probing process: looks at backends, or opens one and measures its attention. */
import { errorLine, UserError } from '@nanscope/errors';
import { userErrorMessage } from '../protocol/user-error-message.ts';
import { findBackend } from '../session/find-backend.ts';
import { measureAttention } from './measure-attention.ts';
import type { AttentionProbeMessage, AttentionProbeTask, ProbeMessage, ProbeTask } from './task.ts';

const say = (message: ProbeMessage | AttentionProbeMessage): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

process.on('disconnect', () => process.exit(1));

process.once('message', async (task: ProbeTask | AttentionProbeTask) => {
  try {
    if (task.kind === 'probe') {
      for (const id of task.ids) {
        const backend = await findBackend(id, task.backendFile);
        await say({ kind: 'probe', probe: await backend.probe() });
      }
    } else {
      await say({ kind: 'outcomes', outcomes: await measureAttention(task) });
    }
    process.exit(0);
  } catch (thrown) {
    if (thrown instanceof UserError) {
      await say(userErrorMessage(thrown));
      process.exit(thrown.exitCode);
    }
    process.stderr.write(`${errorLine(thrown)}\n`);
    process.exit(1);
  }
});
