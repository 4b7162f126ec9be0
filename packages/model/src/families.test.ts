import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { safePolicy } from '@nanscope/attention';
import { readSafetensors, writeSafetensors } from '@nanscope/safetensors';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostBatch, uploadBatch } from './batch.ts';
import type { CausalLM, ModelConfig } from './causal-lm.ts';
import { cutConfig, cutWeights, wholeCut, wholeName } from './cut.ts';
import { anatomyOf, configJson, familyOf, modelTypes, parameterShapes, parseConfig } from './families.ts';
import type { Cut } from './family.ts';
import { generate } from './generate/generate.ts';
import { leftPad } from './generate/prompts.ts';
import { smallConfigs } from './testing/small-configs.ts';
import { buildCausalLM } from './weights/build.ts';
import { loadCausalLM, openWeights } from './weights/load.ts';
import { saveCausalLM } from './weights/save.ts';

let root = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await mkdtemp(join(tmpdir(), 'nanscope-families-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const options = { implementation: 'eager', policy: safePolicy } as const;
const configOf = (type: string) => parseConfig(smallConfigs[type], type);

/** A row of tokens between `left` and `right` columns of padding; positions are counted over the tokens. */
function padded(rows: readonly (readonly number[])[], side: 'left' | 'right'): HostBatch {
  const T = Math.max(...rows.map((row) => row.length));
  const cells = rows.flatMap((row) =>
    Array.from({ length: T }, (_, t) => (side === 'left' ? t - (T - row.length) : t < row.length ? t : -1)),
  );
  const of = (at: number) => rows[Math.floor(at / T)]!;
  return {
    shape: [rows.length, T],
    inputIds: cells.map((place, at) => (place < 0 ? 3 : of(at)[place]!)),
    attentionMask: cells.map((place) => (place < 0 ? 0 : 1)),
    positionIds: cells.map((place) => Math.max(place, 0)),
  };
}

/** Logits [V] of each token of each row, without those of padding. */
async function logitsOf(model: CausalLM, batch: HostBatch): Promise<number[][]> {
  const [B, T] = batch.shape;
  const logits = tf.tidy(() => {
    const hidden = model.hidden(uploadBatch(model.config, batch), options);
    return model.logits(tf.reshape(hidden, [B * T, hidden.shape[2]]) as tf.Tensor2D);
  });
  const values = await logits.data().finally(() => logits.dispose());
  const V = model.config.vocabulary;
  return Array.from({ length: B * T }, (_, at) => [...values.slice(at * V, (at + 1) * V)]).filter(
    (_, at) => batch.attentionMask[at] === 1,
  );
}

const rows = [
  [5, 9, 14, 2, 33],
  [7, 8],
  [60, 21, 4, 4, 19, 30, 11, 40],
];

/** Greedy tokens with the cache are those of whole forward passes. */
async function expectCacheIsWhole(config: ModelConfig): Promise<void> {
  const model = await loadCausalLM({ config, seed: 3 });
  const tokens: number[][] = rows.map(() => []);
  const steps = generate(model, leftPad(rows, 3), {
    ...options,
    maxNewTokens: 6,
    strategy: 'greedy',
    eosTokenId: null,
  });
  for await (const { rows: made } of steps)
    for (const step of made) if ('token' in step) tokens[step.row]!.push(step.token);
  for (const [row, made] of tokens.entries()) {
    expect(made).toHaveLength(6);
    const all = [...rows[row]!, ...made];
    const logits = await logitsOf(model, padded([all], 'left'));
    const greedy = logits.map((values) => values.indexOf(Math.max(...values)));
    expect(greedy.slice(rows[row]!.length - 1, -1)).toEqual(made);
  }
  model.dispose();
}

it.each([1, 2])('a sliding window of %d keys: generates with its cache what it computes without', (window) =>
  expectCacheIsWhole(parseConfig({ ...smallConfigs.mistral, sliding_window: window }, 'mistral')),
);

it('every family has a small model to be tried on', () => {
  expect(Object.keys(smallConfigs)).toEqual(modelTypes);
});

describe.each(modelTypes)('%s', (type) => {
  const config = configOf(type);

  it.each(['left', 'right'] as const)('a row padded on the %s is the row alone', async (side) => {
    const model = await loadCausalLM({ config, seed: 3 });
    const together = await logitsOf(model, padded(rows, side));
    const alone: number[][] = [];
    for (const row of rows) alone.push(...(await logitsOf(model, padded([row], side))));
    model.dispose();
    expect(together).toHaveLength(15);
    const largest = Math.max(...alone.flat().map(Math.abs));
    const differences = together.flatMap((values, at) => values.map((x, v) => Math.abs(x - alone[at]![v]!)));
    for (const difference of differences) expect(difference <= 1e-5 * largest).toBe(true);
    expect(new Set(together.map((values) => values[7]!.toFixed(3))).size).toBeGreaterThan(8);
  });

  it('generates with its cache what it computes without', () => expectCacheIsWhole(config));

  it('is the same model when it was saved and loaded', async () => {
    const directory = join(root, type);
    const model = await loadCausalLM({ config, seed: 3 });
    await saveCausalLM(directory, model);
    const again = await loadCausalLM({ directory });
    expect(configJson(again.config)).toBe(configJson(config));
    expect(again.facts.notes).toEqual([]);
    expect(await logitsOf(again, padded(rows, 'left'))).toEqual(await logitsOf(model, padded(rows, 'left')));
    for (const each of [model, again]) each.dispose();
  });

  it('finds its weights without the prefix, with wrappers, and beside buffers; names what it does not know', async () => {
    const directory = join(root, type);
    const file = join(directory, 'model.safetensors');
    const read = await readSafetensors(file);
    const { prefix } = familyOf(config).names;
    const bare = new Map<string, string>();
    for (const name of read.names) bare.set(name.startsWith(prefix) ? name.slice(prefix.length) : name, name);
    const rewrite = async (rename: (name: string) => string, extra: readonly string[] = []) => {
      const tensors = Object.fromEntries(
        await Promise.all(
          [...bare].map(async ([name, stored]) => [rename(name), await read.read(stored)] as const),
        ),
      );
      const any = Object.values(tensors)[0]!;
      for (const name of extra) tensors[name] = any;
      await writeSafetensors(file, tensors);
      return openWeights({ directory });
    };
    const without = await rewrite((name) => name, ['rotary_emb.inv_freq']);
    expect(without.facts!.notes).toEqual([]);
    expect(without.facts!.unusedTensors).toEqual(['rotary_emb.inv_freq']);
    const wrapped = await rewrite(
      (name) => `module.${/^(lm_head|embed_out)/.test(name) ? '' : prefix}${name}`,
    );
    expect(wrapped.facts!.notes.map(({ text }) => text).join()).toContain('"module." is taken off');
    const foreign = await rewrite((name) => name, ['score.weight', 'value.weight']);
    expect(foreign.facts!.notes.map(({ text }) => text)).toEqual([
      'tensors that are no part of the model are not used, as in transformers: score.weight, value.weight',
    ]);
    const missing = [...bare.keys()].find((name) => name.includes('.1.') && name.endsWith('weight'))!;
    bare.delete(missing);
    await expect(rewrite((name) => name)).rejects.toThrow(/ is missing/);
  });

  it('is cut to what is kept: every weight has the shape of the cut model, and logits are finite', async () => {
    const whole = wholeCut(config);
    const half = <Value>(list: readonly Value[]) => list.filter((_, i) => i % 2 === 1);
    const small: Cut = {
      ...whole,
      layers: half(whole.layers),
      heads: whole.heads.slice(-1),
      queries: whole.queries.slice(-1),
      ...(whole.dims && { dims: half(whole.dims) }),
      ...(whole.channels && { channels: half(whole.channels) }),
      units: half(whole.units),
      vocabulary: half(whole.vocabulary),
      ...(whole.positions && { positions: whole.positions.slice(0, 16) }),
    };
    for (const cut of [whole, small]) {
      const shapes = parameterShapes(cutConfig(config, cut));
      for (const [name, shape] of shapes) {
        const axes = familyOf(config).keptAxes(config, cut, wholeName(name, cut));
        expect([name, ...axes.map((kept) => kept.length)]).toEqual([name, ...shape]);
      }
    }
    const model = await buildCausalLM(cutWeights(await openWeights({ config, seed: 3 }), small));
    const logits = await logitsOf(model, padded([[1, 2, 3, 4]], 'left'));
    expect(logits[0]).toHaveLength(30);
    expect(logits.flat().every(Number.isFinite)).toBe(true);
    model.dispose();
    const same = await buildCausalLM(cutWeights(await openWeights({ config, seed: 3 }), whole));
    const before = await loadCausalLM({ config, seed: 3 });
    expect(await logitsOf(same, padded(rows, 'left'))).toEqual(await logitsOf(before, padded(rows, 'left')));
    for (const each of [same, before]) each.dispose();
  });

  it('says where its stages are, each layer in order', () => {
    const stages = anatomyOf(config);
    expect(stages.at(-1)).toMatchObject({ kind: 'logits' });
    expect(stages.filter(({ kind }) => kind === 'output').map(({ layer }) => layer)).toEqual(
      Array.from({ length: config.layers }, (_, layer) => layer),
    );
  });
});
