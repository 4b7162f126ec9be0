import { safePolicy } from '@nanscope/attention';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uploadBatch } from '../batch.ts';
import type { CausalLM } from '../causal-lm.ts';
import { parseConfig } from '../families.ts';
import { buildCausalLM } from '../weights/build.ts';
import { loadCausalLM } from '../weights/load.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './options.ts';
import { leftPad } from './prompts.ts';
import type { GenerationStep } from './steps.ts';

const greedy: GenerateOptions = {
  maxNewTokens: 4,
  strategy: 'greedy',
  eosTokenId: null,
  implementation: 'eager',
  policy: safePolicy,
};
const sample: GenerateOptions = { ...greedy, strategy: 'sample' };
const prompts = leftPad([[1, 2, 3], [4]], 257);

let model: CausalLM;
let before: number;
beforeEach(async () => {
  await tf.setBackend('cpu');
  model = await loadCausalLM({ preset: 'tiny', seed: 1 });
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors, 'nothing is left behind').toBe(before);
  model.dispose();
});

async function run(options: Partial<GenerateOptions> = {}, batch = prompts): Promise<GenerationStep[]> {
  const steps: GenerationStep[] = [];
  for await (const step of generate(model, batch, { ...greedy, ...options })) steps.push(step);
  return steps;
}

const tokensOf = (steps: readonly GenerationStep[], row: number) =>
  steps.flatMap(({ rows }) => rows.flatMap((r) => (r.row === row && 'token' in r ? [r.token] : [])));

/** Overwrites elements of a parameter from `start` with `value`. */
async function overwrite(name: string, value: number, start: number, end: number): Promise<void> {
  const parameter = model.parameters[name]!;
  const values = (await parameter.data()).slice() as Float32Array;
  const tensor = tf.tensor(values.fill(value, start, end), parameter.shape);
  parameter.assign(tensor);
  tensor.dispose();
}

describe('generate', () => {
  it('gives a token a row and step, and says when it is enough', async () => {
    const steps = await run();
    expect(steps.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    expect(steps.map(({ rows }) => rows.map(({ row, ended }) => [row, ended]))).toEqual([
      ...Array(3).fill([
        [0, undefined],
        [1, undefined],
      ]),
      [
        [0, 'length'],
        [1, 'length'],
      ],
    ]);
  });

  it('a row that gives its end token stops, the other goes on as it would have', async () => {
    const free = await run({ maxNewTokens: 6 });
    const other = tokensOf(free, 1);
    const end = tokensOf(free, 0).find((token) => !other.includes(token));
    expect(end, 'rows differ').toBeDefined();
    const steps = await run({ maxNewTokens: 6, eosTokenId: end! });
    const own = tokensOf(steps, 0);
    expect(own).toEqual(tokensOf(free, 0).slice(0, own.length));
    expect(own.at(-1)).toBe(end);
    expect(own.length).toBeLessThan(6);
    expect(tokensOf(steps, 1)).toEqual(other);
  });

  it("ends with the model's own end token by default", async () => {
    const [first] = tokensOf(await run(), 0);
    const ending = await loadCausalLM({ preset: 'tiny', seed: 1 });
    Object.assign(ending, { config: { ...ending.config, eosTokenId: first } });
    const steps: GenerationStep[] = [];
    const { eosTokenId: _, ...options } = greedy;
    for await (const step of generate(ending, leftPad([[1, 2, 3]], 0), options)) steps.push(step);
    ending.dispose();
    expect(steps).toEqual([{ step: 0, rows: [{ row: 0, token: first, ended: 'eos' }] }]);
  });

  it('stops at the last position of the model', async () => {
    const long = Array.from({ length: 254 }, (_, i) => i % 250);
    const steps = await run({ maxNewTokens: 9 }, leftPad([long, [1]], 0));
    const ended = steps.flatMap(({ step, rows }) =>
      rows.flatMap((r) => (r.ended ? [[step, r.row, r.ended]] : [])),
    );
    expect(ended).toEqual([
      [2, 0, 'positions'],
      [8, 1, 'length'],
    ]);
  });

  it('sampling is a function of seed, row number and step', async () => {
    const a = await run(sample);
    expect(await run(sample)).toEqual(a);
    expect(await run({ ...sample, seed: 1 })).not.toEqual(a);
    const swapped = await run({ ...sample, rowNumbers: [1, 0] });
    expect(tokensOf(swapped, 0)).not.toEqual(tokensOf(a, 0));
    const alone = await run({ ...sample, rowNumbers: [1] }, leftPad([[4]], 0));
    expect(tokensOf(alone, 0)).toEqual(tokensOf(a, 1));
    expect(new Set(tokensOf(a, 0)).size).toBeGreaterThan(1);
  });

  it.each([0, 1e-308])('a temperature of %d is greedy whatever the draw', async (temperature) => {
    const steps = await run({ ...sample, temperature, seed: 3 });
    expect(tokensOf(steps, 0)).toEqual(tokensOf(await run(), 0));
    expect(tokensOf(steps, 1)).toEqual(tokensOf(await run(), 1));
  });

  it('a prompt that fills every position has one token after it; a padded row beside it goes on', async () => {
    const full = Array.from({ length: 256 }, (_, i) => i % 250);
    const both = await run({ maxNewTokens: 5 }, leftPad([full, [1, 2]], 257));
    expect(both[0]!.rows).toEqual([
      { row: 0, token: expect.any(Number), ended: 'positions' },
      { row: 1, token: expect.any(Number) },
    ]);
    expect(tokensOf(both, 0)).toEqual(tokensOf(await run({ maxNewTokens: 5 }, leftPad([full], 0)), 0));
    expect(tokensOf(both, 1)).toEqual(tokensOf(await run({ maxNewTokens: 5 }, leftPad([[1, 2]], 0)), 0));
  });

  it('each of a list of end tokens ends a row', async () => {
    const own = tokensOf(await run({ maxNewTokens: 6 }), 0);
    const ended = tokensOf(await run({ maxNewTokens: 6, eosTokenId: [-1, own[2]!, own[4]!] }), 0);
    const places = own.flatMap((token, i) => (token === own[2] || token === own[4] ? [i] : []));
    expect(ended).toEqual(own.slice(0, Math.min(...places) + 1));
    expect(tokensOf(await run({ eosTokenId: [] }), 0)).toEqual(own.slice(0, 4));
  });

  it('top-k 1 is greedy whatever the draw', async () => {
    const steps = await run({ ...sample, topK: 1, seed: 9 });
    expect(tokensOf(steps, 0)).toEqual(tokensOf(await run(), 0));
  });

  it.each(['greedy', 'sample'] as const)(
    '%s: a row of NaN ends without a token, with its classes; the other goes on as it would have',
    async (strategy) => {
      const free = tokensOf(await run({ strategy }), 1);
      // Row 0 begins with three tokens, row 1 gets to the third position in step 2.
      await overwrite('transformer.wpe.weight', Number.NaN, 2 * 64, 2 * 64 + 1);
      const steps = await run({ strategy });
      const classes = { size: 258, nan: 258, posInf: 0, negInf: 0 };
      expect(steps).toEqual([
        {
          step: 0,
          rows: [
            { row: 0, ended: 'non-finite', classes },
            { row: 1, token: free[0] },
          ],
        },
        { step: 1, rows: [{ row: 1, token: free[1] }] },
        { step: 2, rows: [{ row: 1, ended: 'non-finite', classes }] },
      ]);
    },
  );

  it('a reader that leaves early leaves nothing behind', async () => {
    for await (const { step } of generate(model, prompts, { ...greedy, maxNewTokens: 100 })) {
      if (step === 2) break;
    }
  });

  it.each<[string, Partial<GenerateOptions>]>([
    ['max-new-tokens: expected a whole number of at least 1, found 0', { maxNewTokens: 0 }],
    ['temperature: expected a number of at least 0', { temperature: -1e-320 }],
    ['temperature: expected a number of at least 0', { temperature: Number.POSITIVE_INFINITY }],
    ['temperature: expected a number of at least 0', { temperature: Number.NaN }],
    ['top-k: expected a whole number of at least 1, found 0.5', { topK: 0.5 }],
    ['top-p: expected a number from 0 to 1, found 1.5', { topP: 1.5 }],
    ['top-p: expected a number from 0 to 1, found NaN', { topP: Number.NaN }],
    ['seed: expected a whole number of at least 0, found -1', { seed: -1 }],
    ['rowNumbers: expected 2 whole numbers', { rowNumbers: [1] }],
  ])('refuses %s', async (message, options) => {
    await expect(run(options)).rejects.toThrow(message);
  });

  it('refuses prompts that are empty, too long, or padded elsewhere than on the left', async () => {
    expect(() => leftPad([[1], []], 0)).toThrow('found no token in prompt 1');
    expect(() => leftPad([], 0)).toThrow('found no prompt at all');
    await expect(run({}, leftPad([new Int32Array(257)], 0))).rejects.toThrow(
      'Prompt 0 has 257 tokens: expected at most 256',
    );
    for (const attentionMask of [
      [1, 1, 0],
      [1, 0, 1],
      [0, 0, 0],
    ]) {
      const batch = { shape: [1, 3] as const, inputIds: [1, 2, 3], attentionMask };
      await expect(run({}, batch)).rejects.toThrow('expected padding on the left');
    }
    await expect(run({}, leftPad([[300]], 0))).rejects.toThrow('token id 300');
  });
});

it('a Phi-3 whose rows grow past the switch of its rotary tables computes all keys anew, as without a cache', async () => {
  const config = parseConfig(
    {
      ...{ model_type: 'phi3', vocab_size: 40, hidden_size: 24, intermediate_size: 20, num_hidden_layers: 2 },
      ...{ num_attention_heads: 4, max_position_embeddings: 64, original_max_position_embeddings: 6 },
      rope_scaling: { type: 'longrope', short_factor: [1, 1.5, 2], long_factor: [4, 6, 9] },
    },
    'test',
  );
  const values = async (name: string, size: number) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + name.length));
  const phi = await buildCausalLM({ config, values });
  const rows = [
    [5, 17, 2, 28],
    [11, 6],
  ];
  const found: number[][] = rows.map((row) => [...row]);
  const options = { ...greedy, maxNewTokens: 6 };
  for await (const { rows: step } of generate(phi, leftPad(rows, 0), options))
    for (const one of step) if ('token' in one) found[one.row]!.push(one.token);
  // Without a cache: the last logits of the whole batch, again and again.
  const grown = rows.map((row) => [...row]);
  for (let step = 0; step < 6; step++) {
    const { shape, inputIds, attentionMask } = leftPad(grown, 0);
    const positionIds = grown.flatMap((row) =>
      Array.from({ length: shape[1] }, (_, column) => Math.max(column - (shape[1] - row.length), 0)),
    );
    const batch = uploadBatch(config, { shape, inputIds, attentionMask, positionIds });
    const best = tf.tidy(() => {
      const last = tf.slice(phi.hidden(batch, options), [0, shape[1] - 1, 0], [-1, 1, -1]);
      return tf.argMax(phi.logits(tf.reshape(last, [2, -1]) as tf.Tensor2D), 1).dataSync();
    });
    tf.dispose([batch.inputIds, batch.attentionMask, batch.positionIds]);
    for (const [row, token] of best.entries()) grown[row]!.push(token);
  }
  phi.dispose();
  expect(found).toEqual(grown);
});
