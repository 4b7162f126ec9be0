/** The laboratory of a page: cells of an experiment run in a worker a device. */
import { decideNamed, decideWith, type Laboratory } from '@nanscope/harness';
import { probing } from './devices.ts';
import { startWorker } from './start-worker.ts';

export function pageLaboratory(silenceSeconds: number): Laboratory {
  return {
    devices: (names, hooks) =>
      decideNamed(names, (config, say) => decideWith(config, probing(hooks.signal), say), undefined, hooks),
    async run({ decision }, cells, hooks) {
      const { outcome } = await startWorker(
        'cells',
        { decision, cells, facts: hooks.onFacts !== undefined },
        {
          signal: hooks.signal,
          silenceSeconds,
          onMessage(message) {
            if (message.kind === 'cells') hooks.onResults(message.results);
            else if (message.kind === 'facts') hooks.onFacts?.(message.facts);
            else if (message.kind === 'loading') hooks.onStage(message.what);
          },
        },
      );
      return outcome;
    },
  };
}
