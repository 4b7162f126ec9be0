/** Puts the kernels around attention under the conformance suite on every backend this machine has, and sees its controls fail. */
import { kernelCases, runSuite, tensorflowImplementation } from '@nanscope/conform';
import { ownKernels } from '@nanscope/lane';
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

const kernels = [...new Set(kernelCases.map(({ problem }) => problem.kernel))];

onEveryBackend(() => {
  it.each(kernels)('%s', async (kernel) => {
    const cases = kernelCases.filter(({ problem }) => problem.kernel === kernel);
    const before = tf.memory().numTensors;
    const wrong: string[] = [];
    for await (const { id, status, reason } of runSuite(cases, tensorflowImplementation('sdpa'), ownKernels))
      if (status !== 'pass') wrong.push(`${id}: ${status}: ${reason}`);
    expect(wrong).toEqual([]);
    expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
  });
});
