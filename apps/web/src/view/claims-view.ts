/** Fourteen claims about NaN, attention and left padding, decided on the devices of this browser. */
import { type ClaimsConfig, decideClaims } from '@nanscope/harness';
import { toConfig } from '@nanscope/settings';
import { pageLaboratory } from '../run/laboratory.ts';
import { openExperiment } from './experiment-view.ts';
import type { OpenView } from './open-view.ts';

export const openClaims: OpenView = (place, given, host) =>
  openExperiment(
    place,
    {
      name: 'claims',
      title: 'Fourteen claims, decided on your devices',
      about:
        'What is said about NaN, attention and left padding, each claim with the experiment that decides it: wasm, and your GPU where there is one.',
      async run({ values, command }, hooks) {
        const config = toConfig<ClaimsConfig>(values);
        const { record, failures } = await decideClaims(
          config,
          command,
          pageLaboratory(config.laneTimeout),
          hooks,
        );
        if (failures.length > 0 && !record) throw new Error(failures.join('; '));
        if (failures.length > 0) hooks.onStage(failures.join('; '));
        return record && { record };
      },
    },
    given,
    host,
  );
