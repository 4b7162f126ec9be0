/** A TensorFlow.js model of your own, traced: its loss is NaN, and the trace says where that began. Nothing of the model is changed. */
import { builtinBackend } from '@nanscope/backend';
import { findOrigin, namesOf, openTrace } from '@nanscope/cascade';
import * as tf from '@tensorflow/tfjs';

const session = await builtinBackend('wasm').open(); // or 'cpu', 'tensorflow', 'webgpu'

const dense = { units: 4, kernelInitializer: 'identity' } as const;
const model = tf.sequential({
  layers: [
    tf.layers.dense({ ...dense, name: 'hidden', inputShape: [4], activation: 'relu' }),
    tf.layers.dense({ ...dense, name: 'classes', activation: 'softmax' }),
  ],
});
const rows = [
  [1, 2, 3, 4],
  [200, 0, 0, 0], // softmax gives exactly 0 to three of the classes
];
const input = tf.tensor2d(rows);
const wanted = tf.oneHot(tf.tensor1d([3, 0], 'int32'), 4).toFloat();

/** Cross entropy as one writes it at first: a class of probability 0 makes 0 * log(0). */
const loss = (predicted: tf.Tensor) => predicted.log().mul(wanted).sum().neg();

const weights = Object.fromEntries(model.weights.map((weight) => [weight.name, weight.read()]));
const trace = openTrace(session, 'health', { nameOf: namesOf(weights, { input, wanted }) });
const predicted = trace.run('forward', () => tf.tidy('model', () => model.predict(input) as tf.Tensor));
const value = trace.run('loss', () => tf.tidy('crossEntropy', () => loss(predicted)));
const collected = await trace.collect(); // the one read-back
trace.close();

const origin = findOrigin(collected);
console.log(`loss ${(await value.data())[0]}, ${collected.records.length} ops`);
if (origin) console.log(`born at ${origin.key} by ${origin.mechanism.name}: ${origin.mechanism.evidence}`);
if (origin?.becameNaN) console.log(`NaN at ${origin.becameNaN.key} by ${origin.becameNaN.mechanism.name}`);
await session.dispose();
