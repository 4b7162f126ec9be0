/** e^x and the sigmoid, which the wasm backend computes one by one. */
import * as tf from '@tensorflow/tfjs';
import { wrapKernel } from '../corrections/correction.ts';
import { shares, wasmMemory } from './memory.ts';

export function replaceExponential(name: 'Exp' | 'Sigmoid'): void {
  const kernel = name === 'Exp' ? 'exponential' : 'sigmoid';
  wrapKernel(name, 'wasm', (original) => (call) => {
    const x = call.inputs.x as tf.TensorInfo;
    if (x.dtype !== 'float32') return original(call);
    const memory = wasmMemory(call.backend);
    const out = memory.make(x.shape, 'float32');
    const [from, to] = [memory.address(x), memory.address(out)];
    memory.run(
      shares(memory, tf.util.sizeFromShape(x.shape)).map(({ first, count }) => ({
        kernel,
        words: [from + 4 * first, to + 4 * first, count],
      })),
    );
    return out;
  });
}
