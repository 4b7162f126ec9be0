/** Two rows of attention, the second padded on the left, traced: where does the NaN come from? */
import { attention, policies } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import { contextOf, findOrigin, openTrace } from '@nanscope/cascade';
import * as tf from '@tensorflow/tfjs';

const session = await builtinBackend('wasm').open(); // or 'cpu', 'tensorflow', 'webgpu'
const keep = [
  [1, 1, 1, 1],
  [0, 0, 1, 1],
];
const random = (seed: number) => tf.randomNormal<tf.Rank.R4>([2, 2, 4, 8], 0, 1, 'float32', seed);
const mask = { padding: tf.tensor2d(keep, [2, 4], 'int32'), causal: true };
const policy = policies['torch-mps-2.8']; // leave it out for the safe one

const trace = openTrace(session, 'health');
const context = trace.run('forward', () =>
  tf.tidy('attn', () => attention(random(1), random(2), random(3), { mask, policy, implementation: 'sdpa' })),
);
const collected = await trace.collect();
trace.close();

const origin = findOrigin(collected, contextOf(keep, true));
console.log(`output ${context.shape.join(' x ')}, ${collected.records.length} ops`);
if (origin) console.log(`${origin.key} [${origin.coordinates.join(', ')}]: ${origin.mechanism.name}`);
await session.dispose();
