/**
 * Generation on every backend this machine has: a row of a batch gives the tokens it gives alone and unpadded, and
 * the cache gives the tokens that whole forward passes give. Held against a loop without cache or batch, written here.
 */
import { policies, safePolicy } from '@nanscope/attention';
import { uniform } from '@nanscope/backend';
import { type CausalLM, type GenerateOptions, generate, leftPad, loadCausalLM, warp } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { onEveryBackend } from './on-every-backend.ts';

const steps = 8;
const base = { maxNewTokens: steps, eosTokenId: null, policy: safePolicy } as const;
const greedy: GenerateOptions = { ...base, strategy: 'greedy', implementation: 'sdpa' };
const sampled: GenerateOptions = {
  ...base,
  strategy: 'sample',
  implementation: 'eager',
  temperature: 0.7,
  topK: 60,
  topP: 0.9,
  seed: 4,
};
/** As bytes; one of them alone in its batch has no pads, the others have 1 and 31 beside the longest. */
const prompts = ['A sentence of thirty-two letters', 'Another one of 31 letters, okay', 'T'].map((text) =>
  Buffer.from(text),
);

/** Tokens of each row; `before` columns of padding beside what the batch needs anyway. */
async function rowsOf(
  model: CausalLM,
  rows: readonly Uint8Array[],
  options: GenerateOptions,
  before = 0,
): Promise<number[][]> {
  const { shape, inputIds, attentionMask } = leftPad(rows, 257);
  const [B, T] = shape;
  const widen = (values: ArrayLike<number>, fill: number) =>
    Array.from({ length: B }, (_, b) => [
      ...Array<number>(before).fill(fill),
      ...Array.from(values).slice(b * T, (b + 1) * T),
    ]).flat();
  const batch = {
    shape: [B, T + before] as const,
    inputIds: widen(inputIds, 257),
    attentionMask: widen(attentionMask, 0),
  };
  const tokens = rows.map(() => [] as number[]);
  for await (const step of generate(model, batch, options)) {
    for (const row of step.rows) if ('token' in row) tokens[row.row]!.push(row.token);
  }
  return tokens;
}

/** The definition: a whole forward pass over one row for each token, and a choice in plain arithmetic. */
async function alone(
  model: CausalLM,
  prompt: Uint8Array,
  options: GenerateOptions,
  number: number,
): Promise<number[]> {
  const ids = [...prompt];
  for (let step = 0; step < steps; step++) {
    const T = ids.length;
    const output = tf.tidy(() => {
      const hidden = model.hidden(
        {
          inputIds: tf.tensor2d(ids, [1, T], 'int32'),
          attentionMask: tf.ones([1, T], 'int32'),
          positionIds: tf.tensor2d([...ids.keys()], [1, T], 'int32'),
          largestPosition: T - 1,
        },
        options,
      );
      return model.logits(tf.slice(hidden, [0, T - 1, 0], [1, 1, -1]).reshape([1, -1]));
    });
    const logits = (await output.data()) as Float32Array;
    output.dispose();
    if (options.strategy === 'greedy') {
      ids.push(logits.indexOf(logits.reduce((a, b) => Math.max(a, b))));
      continue;
    }
    const weights = warp(logits, options).map((score) => Math.exp(score));
    let left = uniform({ seed: options.seed!, site: 'generate', step }, number);
    left *= weights.reduce((a, b) => a + b);
    const token = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    ids.push(token);
  }
  return ids.slice(prompt.length);
}

onEveryBackend(() => {
  let model: CausalLM;
  beforeAll(async () => {
    model = await loadCausalLM({ preset: 'tiny', seed: 5 });
  });
  afterAll(async () => {
    model?.dispose();
  });

  it.each([
    ['greedy', greedy],
    ['sample', sampled],
  ] as const)('%s: a batch with cache gives each row what it gives alone without', async (_, options) => {
    const before = tf.memory().numTensors;
    const batch = await rowsOf(model, prompts, options);
    expect(tf.memory().numTensors, 'no tensor is left behind').toBe(before);
    const expected: number[][] = [];
    for (const [number, prompt] of prompts.entries())
      expected.push(await alone(model, prompt, options, number));
    expect(batch).toEqual(expected);
    expect(new Set(batch.map(String)).size, 'the rows differ').toBe(prompts.length);
  });

  it.each([0, 1, 31])('padding=%d: columns before every row change no token', async (pads) => {
    const padded = await rowsOf(model, prompts.slice(1), sampled, pads);
    expect(padded).toEqual(await rowsOf(model, prompts.slice(1), sampled));
  });

  it('memory is flat over the steps', async () => {
    const counts: number[] = [];
    for await (const { step } of generate(model, leftPad(prompts, 257), greedy)) {
      if (step < steps - 1) counts.push(tf.memory().numTensors);
    }
    expect(new Set(counts).size).toBe(1);
  });

  it('policy=torch-2.4: the padded rows end in step 0 with NaN, the one without pads goes on as ever', async () => {
    const policy = policies['torch-2.4'];
    const expected = await rowsOf(model, prompts.slice(0, 1), greedy);
    const ended: unknown[] = [];
    const tokens: number[] = [];
    for await (const { step, rows } of generate(model, leftPad(prompts, 257), { ...greedy, policy })) {
      for (const row of rows) {
        if ('token' in row) tokens.push(row.token);
        else ended.push([step, row.row, row.classes.nan]);
      }
    }
    expect(ended).toEqual([
      [0, 1, 258],
      [0, 2, 258],
    ]);
    expect(tokens).toEqual(expected[0]);
  });
});
