/**
 * MultiHeadAttention of the layers of TensorFlow.js, value and gradients, on its own cpu backend as it comes:
 *     node_modules/.bin/tsx --conditions=@nanscope/source golden/presets/make_tfjs.ts
 * records tfjs-<version>, for the preset tfjs. The layer's projections are left out: `computeAttentionMask` and
 * `computeAttention` are what it does between them. The package does not export the layer; it is taken from its folder.
 * TensorFlow.js has no gradient for the layer's einsum: gradients are those of its masked softmax between two matmuls.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { float32Tensor, readSafetensors, toFloat32, writeSafetensors } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';

interface Listed {
  readonly name: string;
  readonly H: number;
  readonly Hkv: number;
  readonly mask: {
    readonly causal?: boolean;
    readonly padding?: number[][];
    readonly explicit?: { readonly dtype: string; readonly shape: number[]; readonly values: number[] };
  };
}

/** The part of the layer's interface that is used here. */
interface Layer {
  buildFromSignature(query: number[], value: number[]): void;
  computeAttentionMask(query: tf.Tensor, value: tf.Tensor, mask?: tf.Tensor, causal?: boolean): tf.Tensor;
  computeAttention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask?: tf.Tensor): [tf.Tensor, tf.Tensor];
  maskedSoftmax(scores: tf.Tensor, mask?: tf.Tensor): tf.Tensor;
}

const here = (name: string) => new URL(name, import.meta.url);
const resolve = createRequire(import.meta.url).resolve;
const layers = createRequire(realpathSync(resolve('@tensorflow/tfjs'))).resolve('@tensorflow/tfjs-layers');
const { MultiHeadAttention } = (await import(
  new URL('layers/nlp/multihead_attention.js', pathToFileURL(layers)).href
)) as { MultiHeadAttention: new (options: { numHeads: number; keyDim: number }) => Layer };
await tf.setBackend('cpu');

/** `[B, H, T, D]` and `[B, T, H, D]`, either way. */
const headsLast = (x: tf.Tensor) => tf.transpose(x, [0, 2, 1, 3]);

const leftOut: Record<string, string> = {
  'explicit-float': 'attentionMask is a mask of 0 and 1',
  'grouped-heads': 'the layer has a key head for each query head',
};
const problems = JSON.parse(readFileSync(here('problems.json'), 'utf8')) as Listed[];
const arrays = await readSafetensors(here('problems.safetensors').pathname);
const results: Record<string, ReturnType<typeof float32Tensor>> = {};
for (const { name, mask } of problems.filter((problem) => !(problem.name in leftOut))) {
  const input = async (tensor: string) =>
    headsLast(
      tf.tensor(
        toFloat32(await arrays.read(`${name}.${tensor}`)),
        arrays.info(`${name}.${tensor}`).shape as number[],
      ),
    );
  const [q, k, v, dout] = await Promise.all(['q', 'k', 'v', 'dout'].map(input));
  const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4 });
  layer.buildFromSignature([2, 6, 8], [2, 6, 8]);
  const own =
    mask.explicit && tf.tensor(mask.explicit.values, mask.explicit.shape, 'bool').reshape([2, 6, 6]);
  const keys = mask.padding && tf.tile(tf.tensor(mask.padding, [2, 1, 6], 'bool'), [1, 6, 1]);
  const whole = layer.computeAttentionMask(q!, v!, own ?? keys, mask.causal);
  const [out] = layer.computeAttention(q!, k!, v!, whole);
  const written = (...[query, key, value]: tf.Tensor[]) =>
    tf.matMul(
      layer.maskedSoftmax(tf.matMul(tf.mul(query!, 1 / Math.sqrt(4)), key!, false, true), whole),
      value!,
    );
  const gradients = tf.grads(written)([q!, k!, v!].map(headsLast), headsLast(dout!));
  for (const [i, values] of [headsLast(out), ...gradients].entries()) {
    const tensor = ['out', 'dq', 'dk', 'dv'][i]!;
    results[`${name}.${tensor}`] = float32Tensor(values.shape, Float32Array.from(await values.data()));
  }
}

const folder = `tfjs-${tf.version.tfjs}`;
mkdirSync(here(folder), { recursive: true });
await writeSafetensors(here(`${folder}/results.safetensors`).pathname, results);
const sha256 = (name: string) =>
  createHash('sha256')
    .update(readFileSync(here(name)))
    .digest('hex');
const manifest = {
  presets: ['tfjs'],
  system: 'MultiHeadAttention of @tensorflow/tfjs-layers, tfjs backend cpu',
  compared: 'out, dq, dk, dv',
  command: 'tsx --conditions=@nanscope/source golden/presets/make_tfjs.ts',
  versions: { '@tensorflow/tfjs-layers': tf.version['tfjs-layers'] },
  leftOut,
  differs: [],
  notes: [
    'gradients are of the masked softmax between two matmuls: tfjs has none for the einsum of the layer',
  ],
  sha256: {
    'problems.json': sha256('problems.json'),
    'problems.safetensors': sha256('problems.safetensors'),
    'batches.json': sha256('batches.json'),
    'results.safetensors': sha256(`${folder}/results.safetensors`),
  },
};
writeFileSync(here(`${folder}/manifest.json`), `${JSON.stringify(manifest, null, 2)}\n`);
