/** Where weights lie when a model is loaded onto native TensorFlow: it holds them, and JavaScript has let go of them. */
import { loadCausalLM, parseConfig } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { smallConfigs } from '../../packages/model/src/testing/small-configs.ts';
import { probes } from './probes.ts';

/** What tfjs-node knows of a tensor: its numbers, until an op reads them. */
type Held = { readonly tensorMap: { get(id: object): { readonly values?: unknown } | undefined } };

const { backend, probe } = probes.find((one) => one.backend.id === 'tensorflow')!;
const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;

it.skipIf(!probe.available)(`each weight is held once${reason}`, async () => {
  const session = await backend.open();
  const model = await loadCausalLM({ config: parseConfig(smallConfigs.llama, 'llama'), seed: 3 });
  const { tensorMap } = tf.backend() as unknown as Held;
  const twice = Object.entries(model.parameters).filter(([, { dataId }]) => tensorMap.get(dataId)?.values);
  expect(twice.map(([name]) => name)).toEqual([]);
  model.dispose();
  session.dispose();
});
