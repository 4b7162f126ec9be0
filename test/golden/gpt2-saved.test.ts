/**
 * A model and a tokenizer as nanscope saves them, against what Hugging Face's transformers made of the same files
 * (golden/gpt2-saved, see its maker), and against transformers itself where Python has it.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { policies } from '@nanscope/attention';
import type { Session } from '@nanscope/backend';
import { loadTokenizer } from '@nanscope/collator';
import { type CausalLM, loadCausalLM, uploadBatch } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difference } from '../conformance/compare.ts';
import { probes } from '../conformance/probes.ts';
import { saveAll, savedModel } from './saved-model.ts';

const folder = fileURLToPath(new URL('../../golden/gpt2-saved', import.meta.url));
const model = join(folder, 'model');
const readJson = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
interface Expected {
  readonly texts: string[];
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly special_ids: number[];
  readonly vocabulary: number;
  readonly round_trip: string[];
  readonly last_logits: number[][];
}
const expected: Expected = readJson('expected.json');
const root = mkdtempSync(join(tmpdir(), 'nanscope-saved-'));
afterAll(() => rm(root, { recursive: true, force: true }));

describe('golden/gpt2-saved', () => {
  it('holds what its manifest says', () => {
    for (const [name, sum] of Object.entries(readJson('manifest.json').sha256)) {
      const bytes = readFileSync(join(folder, name));
      expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sum);
    }
  });

  it('is what saving the model again gives, byte for byte, also after loading it', async () => {
    await tf.setBackend('cpu');
    for (const [name, make] of [
      ['built', async () => savedModel()],
      ['loaded', () => loadCausalLM({ directory: model })],
    ] as const) {
      const subject = await make();
      await saveAll(join(root, name), subject);
      subject.dispose();
      expect(readdirSync(join(root, name)).sort()).toEqual(readdirSync(model).sort());
      for (const file of readdirSync(model)) {
        expect(readFileSync(join(root, name, file)).equals(readFileSync(join(model, file))), file).toBe(true);
      }
    }
  });

  it('gives our tokenizer the ids that transformers reads', async () => {
    const tokenizer = await loadTokenizer(model);
    const { padTokenId, eosTokenId, bosTokenId, vocabSize } = tokenizer;
    expect([padTokenId, eosTokenId, bosTokenId]).toEqual(expected.special_ids);
    expect(vocabSize).toBe(expected.vocabulary);
    for (const [row, text] of expected.texts.entries()) {
      const real = expected.input_ids[row]!.filter((_, at) => expected.attention_mask[row]![at] === 1);
      expect(tokenizer.encode(text)).toEqual(real);
      expect(expected.round_trip[row]).toBe(text);
    }
  });
});

const [B, T] = [expected.input_ids.length, expected.input_ids[0]!.length];
const positionIds = expected.attention_mask.flatMap((row) => {
  let seen = 0;
  return row.map((real) => {
    seen += real;
    return Math.max(0, seen - 1);
  });
});

/** Logits of the last position of each row. */
async function lastLogits(subject: CausalLM): Promise<Float32Array[]> {
  const batch = uploadBatch(subject.config, {
    shape: [B, T],
    inputIds: expected.input_ids.flat(),
    attentionMask: expected.attention_mask.flat(),
    positionIds,
  });
  const logits = tf.tidy(() => {
    const hidden = subject.hidden(batch, {
      implementation: 'sdpa',
      policy: policies['transformers-4.57-sdpa'],
    });
    const last = tf.slice(hidden, [0, T - 1, 0], [B, 1, subject.config.width]);
    return subject.logits(tf.reshape(last, [B, subject.config.width]) as tf.Tensor2D);
  });
  const values = (await logits.data()) as Float32Array;
  tf.dispose([logits, { ...batch }]);
  const V = subject.config.vocabulary;
  return Array.from({ length: B }, (_, row) => values.slice(row * V, (row + 1) * V));
}

for (const { backend, probe } of probes) {
  const reason = probe.available ? '' : ` (skipped: ${probe.reason})`;
  describe.skipIf(!probe.available)(`golden:gpt2-saved;backend=${backend.id}${reason}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await backend.open();
    });
    afterAll(() => session?.dispose());

    it('gives the logits of transformers', async () => {
      const subject = await loadCausalLM({ directory: model });
      const rows = await lastLogits(subject);
      subject.dispose();
      for (const [row, logits] of rows.entries()) {
        const { required, classes } = difference(logits, expected.last_logits[row]!);
        expect(classes).toEqual([]);
        expect(required).toBeLessThanOrEqual(backend.id === 'webgpu' ? 2e-5 : 5e-6);
      }
    });
  });
}

const run = promisify(execFile);
const python = process.env.NANSCOPE_TORCH_PYTHON ?? process.env.NANSCOPE_PYTHON ?? 'python3';
const hasTransformers = await run(python, ['-c', 'import torch, transformers']).then(
  () => true,
  () => false,
);
describe.skipIf(!hasTransformers)(
  `transformers reads what nanscope saves${hasTransformers ? '' : ' (skipped: python3 without torch and transformers)'}`,
  () => {
    it('with the ids, texts and logits of the golden numbers', async () => {
      await tf.setBackend('cpu');
      const subject = savedModel();
      await saveAll(join(root, 'fresh'), subject);
      subject.dispose();
      const { stdout } = await run(python, [join(folder, 'make.py'), '--read', join(root, 'fresh')]);
      const { last_logits: logits, ...rest } = JSON.parse(stdout) as Expected;
      const { last_logits: golden, ...same } = expected;
      expect(rest).toEqual(same);
      // Another CPU may add in another order.
      expect(difference(logits.flat(), golden.flat()).required).toBeLessThanOrEqual(1e-12);
    });
  },
);
