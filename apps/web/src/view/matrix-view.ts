/** The matrix of conditions: which of them are enough for a NaN, on the devices of this browser. A small table unless a larger one is asked for. */
import { cellLine, cellRecords, matrixConfig, observeMatrix, planMatrix } from '@nanscope/harness';
import { cellLineSchema, parseJsonLines } from '@nanscope/record';
import { pageLaboratory } from '../run/laboratory.ts';
import { openExperiment } from './experiment-view.ts';
import type { OpenView } from './open-view.ts';

export const openMatrix: OpenView = (place, given, host) =>
  openExperiment(
    place,
    {
      name: 'matrix',
      title: 'Which conditions are enough for a NaN?',
      about:
        'Every combination of the conditions below on a tiny model, held against a float64 oracle; the smallest sets that are enough stand in the report.',
      async run({ values, command }, hooks) {
        const config = matrixConfig(values);
        const plan = planMatrix(config);
        const laboratory = pageLaboratory(config.laneTimeout);
        const devices = await laboratory.devices([...plan.values.device], hooks);
        if (!devices) return undefined;
        const lines: string[] = [];
        const store = {
          folder: 'this page',
          known: new Map(),
          keep: (results: Parameters<typeof cellLine>[0][]) => lines.push(...results.map(cellLine)),
        };
        const record = await observeMatrix(config, plan, devices, command, {
          ...{ laboratory, store, hooks },
          machine: {},
        });
        const cells = await cellRecords(
          parseJsonLines(lines, 'cells.jsonl', 'cells.jsonl', cellLineSchema),
          'cells.jsonl',
        );
        return { record, cells };
      },
    },
    given,
    host,
  );
