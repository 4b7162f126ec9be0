/**
 * GPT-2 against numbers that Hugging Face's own model computed in float64 for a model that Hugging Face saved
 * (golden/gpt2, see its maker), and the other way round: what nanscope writes, Hugging Face must read.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { policies } from '@nanscope/attention';
import type { Session } from '@nanscope/backend';
import { type CausalLM, loadCausalLM, uploadBatch } from '@nanscope/model';
import { float32Tensor, writeSafetensors } from '@nanscope/safetensors';
import { EvalAccumulator, scoreRows, supervisedRows } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference } from '../conformance/compare.ts';
import { probes } from '../conformance/probes.ts';

const folder = fileURLToPath(new URL('../../golden/gpt2', import.meta.url));
const readJson = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const expected = readJson('expected.json') as {
  input_ids: number[][];
  attention_mask: number[][];
  results: Record<
    'eager' | 'sdpa',
    Record<'last_logits', number[][]> &
      Record<'last_pad_logits', number[]> &
      Record<'loss' | 'float32_vs_float64_max_abs', number>
  >;
};
const [B, T] = [expected.input_ids.length, expected.input_ids[0]!.length];
const inputIds = expected.input_ids.flat();
const attentionMask = expected.attention_mask.flat();
const positionIds = expected.attention_mask.flatMap((row) => {
  let seen = 0;
  return row.map((real) => {
    seen += real;
    return Math.max(0, seen - 1);
  });
});
const labels = inputIds.map((id, i) => (attentionMask[i] === 1 ? id : -100));

it('golden/gpt2 holds what its manifest says', () => {
  for (const [name, sum] of Object.entries(readJson('manifest.json').sha256)) {
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
      name,
    ).toBe(sum);
  }
});

async function evaluate(model: CausalLM, implementation: 'eager' | 'sdpa') {
  const shape = [B, T] as const;
  const batch = uploadBatch(model.config, { shape, inputIds, attentionMask, positionIds });
  const supervised = supervisedRows(labels, shape, model.config.vocabulary);
  const policy = policies[`transformers-4.57-${implementation}`];
  const { logits, ...scores } = tf.tidy(() => {
    const hidden = model.hidden(batch, { implementation, policy });
    const rows = tf.reshape(hidden, [B * T, model.config.width]) as tf.Tensor2D;
    return { logits: model.logits(rows), ...scoreRows(model, hidden, supervised) };
  });
  const accumulator = new EvalAccumulator();
  const predictions = await scores.predictions.data();
  accumulator.add({ losses: await scores.losses.data(), predictions, labels: supervised.labels });
  const numbers = await logits.data();
  tf.dispose([logits, { ...scores }, { ...batch }]);
  const V = model.config.vocabulary;
  return {
    metrics: accumulator.metrics(),
    logitsOf: (row: number, at: number) => numbers.slice((row * T + at) * V, (row * T + at + 1) * V),
  };
}

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`golden:gpt2;backend=${backend.id}${reason}`, () => {
    let session: Session;
    let model: CausalLM;
    beforeAll(async () => {
      session = await backend.open();
      model = await loadCausalLM({ directory: join(folder, 'model') });
    });
    afterAll(async () => {
      model?.dispose();
      await session?.dispose();
    });

    it.each(['eager', 'sdpa'] as const)(
      'gives the loss and logits of transformers 4.57 %s',
      async (implementation) => {
        const result = expected.results[implementation];
        const { metrics, logitsOf } = await evaluate(model, implementation);
        // Twice what plain float32 loses in the reference; the webgpu backend's exp is less exact.
        const tolerance = backend.id === 'webgpu' ? 1e-5 : 2 * result.float32_vs_float64_max_abs;
        for (let row = 0; row < B; row++) {
          const { required, classes } = difference(logitsOf(row, T - 1), result.last_logits[row]!);
          expect(classes).toEqual([]);
          expect(required).toBeLessThanOrEqual(tolerance);
        }
        expect(difference(logitsOf(1, 2), result.last_pad_logits).required).toBeLessThanOrEqual(tolerance);
        expect(difference([metrics.loss], [result.loss]).required).toBeLessThanOrEqual(tolerance);
      },
    );
  });
}

const run = promisify(execFile);
const python = process.env.NANSCOPE_TORCH_PYTHON ?? process.env.NANSCOPE_PYTHON ?? 'python3';
const hasTransformers = await run(python, ['-c', 'import torch, transformers']).then(
  () => true,
  () => false,
);
describe.skipIf(!hasTransformers)(
  `Hugging Face reads what nanscope writes${hasTransformers ? '' : ' (skipped: python3 without torch and transformers)'}`,
  () => {
    it('with the same loss', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'nanscope-round-trip-'));
      await tf.setBackend('cpu');
      const model = await loadCausalLM({ directory: join(folder, 'model') });
      const tensors: Record<string, ReturnType<typeof float32Tensor>> = {};
      for (const [name, parameter] of Object.entries(model.parameters)) {
        tensors[name] = float32Tensor(parameter.shape, (await parameter.data()) as Float32Array);
      }
      await writeSafetensors(join(directory, 'model.safetensors'), tensors, { format: 'pt' });
      await copyFile(join(folder, 'model/config.json'), join(directory, 'config.json'));
      const { stdout } = await run(python, [join(folder, 'make.py'), '--read', directory]);
      model.dispose();
      await rm(directory, { recursive: true });
      expect(JSON.parse(stdout).loss).toBe(expected.results.sdpa.loss);
    });
  },
);
