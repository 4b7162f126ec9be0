/** Opens every backend this machine has and holds the gradients of our kernels on it against central differences in float64. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { difference } from './compare.ts';
import { centralDifferences, gradientCases, withoutGradient } from './kernel-gradients-cases.ts';
import { onEveryBackend } from './on-every-backend.ts';

/** Names that a source file registers, also by way of a constant. */
function definedKernels(text: string): string[] {
  const constant = /const NAME = '(\w+)'/.exec(text)?.[1];
  return [...text.matchAll(/defineKernel(?:<\w+>)?\(\s*(?:'(\w+)'|NAME)/g)].map(
    (match) => match[1] ?? constant!,
  );
}

it('every kernel that the packages define has a gradient case, or a reason to have none', () => {
  const root = fileURLToPath(new URL('../../packages', import.meta.url));
  // Not through node_modules, whose links lead back here.
  const files = readdirSync(root).flatMap((name) => {
    const source = join(root, name, 'src');
    const names = existsSync(source) ? readdirSync(source, { recursive: true, encoding: 'utf8' }) : [];
    return names.filter((file) => /(?<!\.test)\.ts$/.test(file)).map((file) => join(source, file));
  });
  const defined = files.flatMap((name) => definedKernels(readFileSync(name, 'utf8')));
  expect(defined.length).toBeGreaterThan(6);
  const covered = new Set([...gradientCases.map(({ kernel }) => kernel), ...Object.keys(withoutGradient)]);
  expect(defined.filter((name) => !covered.has(name))).toEqual([]);
});

/** The cpu's answers to what an oracle asks of tfjs: a backend on a GPU has no synchronous reads. */
async function judged(): Promise<{ weights: Float64Array; expected: number[][] }[]> {
  await tf.setBackend('cpu');
  return gradientCases.map((item) => {
    const size = item.oracle(item.inputs.map(({ values }) => values)).length;
    const weights = Float64Array.from({ length: size }, (_, i) => Math.fround(Math.cos(2 + i * 1.3)));
    return { weights, expected: centralDifferences(item, weights) };
  });
}

onEveryBackend(() => {
  let references: Awaited<ReturnType<typeof judged>>;
  beforeAll(async () => {
    references = await judged();
  });

  gradientCases.forEach((item, index) => {
    it(`${item.id}: every input`, async () => {
      const { weights, expected } = references[index]!;
      const gradients = tf.tidy(() => {
        const inputs = item.inputs.map(({ shape, values }) => tf.tensor(Float32Array.from(values), shape));
        const weighted = (...tensors: tf.Tensor[]) => {
          const output = item.op(tensors);
          return tf.sum(tf.mul(output, tf.tensor(Float32Array.from(weights), output.shape)));
        };
        return tf.grads(weighted)(inputs);
      });
      for (const [at, gradient] of gradients.entries()) {
        const { required, classes } = difference(await gradient.data(), expected[at]!);
        expect(classes).toEqual([]);
        expect(required, `input ${at}`).toBeLessThanOrEqual(item.tolerance);
      }
      tf.dispose(gradients);
    });
  });
});
