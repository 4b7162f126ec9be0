/** Looks at devices in workers of their own: a driver that crashes or hangs while it is asked gives an answer too. */
import type { Probing } from '@nanscope/harness';
import { startWorker } from './start-worker.ts';

/** As on the command line: a driver that does not answer within it will not. */
const silenceSeconds = 60;

export function probing(signal: AbortSignal | undefined): Probing {
  return {
    async backend(id) {
      const { outcome, answer } = await startWorker('probe', { id }, { signal, silenceSeconds });
      if (answer) return answer;
      return {
        id,
        available: false,
        reason: outcome.failure ?? 'it gave no answer',
        remedy: 'update the browser or the driver, or choose another device',
      };
    },
    async attention(id) {
      const { outcome, answer } = await startWorker('attention', { id }, { signal, silenceSeconds });
      if (answer) return answer;
      return (['sdpa', 'eager'] as const).map((implementation) => ({
        implementation,
        probe: 'run',
        passed: false,
        detail: outcome.failure ?? 'it gave no answer',
      }));
    },
  };
}
