/**
 * The table of docs/models.md: what each family was seen to do, on a small model of it with weights from a seed, on plain
 * JavaScript. UPDATE_DOCS=1 writes it.
 */
import { type Policy, policyFrom, safePolicy } from '@nanscope/attention';
import {
  buildCausalLM,
  type CausalLM,
  cutWeights,
  familyOf,
  generate,
  leftPad,
  loadCausalLM,
  modelTypes,
  openWeights,
  parseConfig,
  uploadBatch,
  wholeCut,
} from '@nanscope/model';
import { AdamW, lossAndGradients, uploadTrainingBatch } from '@nanscope/trainer';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallConfigs } from '../../packages/model/src/testing/small-configs.ts';
import { expectPart } from './pages.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Published models of each family. */
const known: Readonly<Record<string, string>> = {
  gpt2: 'GPT-2',
  llama: 'Llama 2, 3, 3.2; SmolLM2; TinyLlama',
  mistral: 'Mistral',
  qwen2: 'Qwen2, Qwen2.5',
  qwen3: 'Qwen3',
  smollm3: 'SmolLM3',
  gemma2: 'Gemma 2',
  gemma3_text: 'Gemma 3 (text)',
  phi3: 'Phi-3, Phi-4-mini',
  olmo2: 'OLMo 2',
  granite: 'Granite 3',
  granite_swa: 'Granite with windows and sinks',
  gpt_neox: 'GPT-NeoX, Pythia',
  opt: 'OPT',
  stablelm: 'StableLM',
  starcoder2: 'StarCoder2',
};

/** Two rows, the second with two columns of padding on the left: its first queries have no key under causality. */
const batch = {
  shape: [2, 6] as const,
  inputIds: [5, 9, 14, 2, 33, 8, 3, 3, 21, 4, 19, 30],
  attentionMask: [1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
  positionIds: [0, 1, 2, 3, 4, 5, 0, 0, 0, 1, 2, 3],
};
const labels = batch.inputIds.map((id, at) => (batch.attentionMask[at] ? id : -100));

async function logitsUnder(model: CausalLM, policy: Policy, kernel: 'composed' | 'fused' = 'composed') {
  const logits = tf.tidy(() => {
    const hidden = model.hidden(uploadBatch(model.config, batch), { implementation: 'sdpa', policy, kernel });
    return model.logits(tf.reshape(hidden, [12, hidden.shape[2]]) as tf.Tensor2D);
  });
  return [...(await logits.data().finally(() => logits.dispose()))];
}

type Trial = (model: CausalLM) => Promise<boolean>;

/** Finite with zero rows; NaN where a fully masked row is not guarded, which the last real token does not see; with sinks none. */
const evaluates: Trial = async (model) => {
  const safe = await logitsUnder(model, safePolicy);
  const poisoned = await logitsUnder(model, policyFrom({ preset: 'torch-mps-2.8' }));
  const born = poisoned.some(Number.isNaN) !== (model.config.sinks ?? false);
  return safe.every(Number.isFinite) && born && !Number.isNaN(poisoned[0]);
};

const trains: Trial = async (model) => {
  const optimizer = new AdamW(model.parameters);
  const losses: number[] = [];
  for (let step = 0; step < 5; step++) {
    const device = uploadTrainingBatch(model.config, { ...batch, labels });
    const { lossSum, gradients, tokens } = lossAndGradients(model, device, {
      implementation: 'sdpa',
      policy: safePolicy,
    });
    losses.push((await lossSum.data())[0]! / tokens);
    const scale = tf.scalar(1 / tokens);
    optimizer.step(gradients, 0.01, scale);
    tf.dispose([lossSum, scale, gradients]);
  }
  return losses.at(-1)! < losses[0]! - 0.5;
};

const generates: Trial = async (model) => {
  let tokens = 0;
  const steps = generate(model, leftPad([[5, 9, 14], [7]], 3), {
    ...{ implementation: 'sdpa', policy: safePolicy, maxNewTokens: 4, strategy: 'greedy', eosTokenId: null },
  });
  for await (const { rows } of steps) tokens += rows.filter((row) => 'token' in row).length;
  return tokens === 8;
};

/** One layer, one head of keys, half of the width. */
const reduces: Trial = async ({ config }) => {
  const whole = wholeCut(config);
  const small = await buildCausalLM(
    cutWeights(await openWeights({ config, seed: 3 }), {
      ...whole,
      layers: [1],
      heads: [0],
      ...(whole.channels && { channels: whole.channels.slice(12) }),
      units: [3],
    }),
  );
  const logits = await logitsUnder(small, safePolicy);
  const { layers, keyValueHeads, width } = small.config;
  small.dispose();
  return layers === 1 && keyValueHeads === 1 && width < config.width && logits.every(Number.isFinite);
};

const fuses: Trial = async (model) => {
  const [composed, fused] = [
    await logitsUnder(model, safePolicy),
    await logitsUnder(model, safePolicy, 'fused'),
  ];
  const largest = Math.max(...composed.map(Math.abs));
  return composed.every((x, i) => Math.abs(x - fused[i]!) <= 1e-5 * largest);
};

const trials = {
  eval: evaluates,
  generate: generates,
  reduce: reduces,
  fused: fuses,
  train: trains,
} as const;
const columns = ['eval', 'train', 'generate', 'reduce', 'fused'] as const;

describe('what each family does', () => {
  const lines: string[] = [];

  it.each(modelTypes)('%s', async (type) => {
    const model = await loadCausalLM({ config: parseConfig(smallConfigs[type], type), seed: 3 });
    const cells = new Map<string, string>();
    for (const [name, trial] of Object.entries(trials))
      cells.set(name, (await trial(model).catch(() => false)) ? 'yes' : 'no');
    model.dispose();
    const { modelClass } = familyOf(model.config).names;
    lines.push(
      `| ${known[type]} | \`${type}\`, ${modelClass} | ${columns.map((name) => cells.get(name)).join(' | ')} |`,
    );
    expect(Object.fromEntries(cells)).toEqual({
      ...{ eval: 'yes', train: 'yes', generate: 'yes', reduce: 'yes', fused: 'yes' },
    });
  });

  it('is in the table of docs/models.md', () => {
    const head = `| models | \`model_type\`, class | ${columns.join(' | ')} |`;
    const rule = '|---|---|---|---|---|---|---|';
    expectPart('docs/models.md', 'families', [head, rule, ...lines].join('\n'));
  });
});
