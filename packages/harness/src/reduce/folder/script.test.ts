import { pathToFileURL } from 'node:url';
import { policyFrom, presetNames } from '@nanscope/attention';
import { builtinBackend } from '@nanscope/backend';
import type { CausalLMBatch } from '@nanscope/collator';
import { batchOf, type Case, evaluateBatch, weightsOf, wholeCase } from '@nanscope/lane';
import {
  activationNames,
  buildCausalLM,
  type ModelWeights,
  openWeights,
  parseConfig,
  presetConfig,
} from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CaseData, caseData } from './case-data.ts';
import { stageOf } from './forward-lines.ts';
import { type Script, scriptText } from './script.ts';
import type { ScriptBackend } from './script-backend.ts';

/** Left padding in one of two rows, and a token whose label is ignored. */
const batch: CausalLMBatch = {
  inputIds: Int32Array.of(9, 9, 5, 7, 1, 2, 3, 4),
  attentionMask: Int32Array.of(0, 0, 1, 1, 1, 1, 1, 1),
  labels: Int32Array.of(-100, -100, 5, 7, 1, 2, -100, 4),
  positionIds: Int32Array.of(0, 0, 0, 1, 0, 1, 2, 3),
  batch: 2,
  length: 4,
  lengths: [2, 4],
  truncated: 0,
};

let weights: ModelWeights;
let small: Case;
let data: CaseData;
let unpadded: CaseData;
beforeAll(async () => {
  await (await builtinBackend('cpu')).open();
  weights = await openWeights({
    config: parseConfig({ ...presetConfig('tiny').json, initializer_range: 0.3 }, 'test'),
    seed: 2,
  });
  const whole = wholeCase(weights.config, batch);
  const vocabulary = Array.from({ length: 12 }, (_, i) => i);
  small = { ...whole, vocabulary, positions: [0, 1, 2, 3], heads: [0, 3], dims: [0, 2, 4], units: [1, 8] };
  data = await caseData(weights, small);
  const rows = small.rows.map((row) => ({ ...row, attentionMask: row.attentionMask.map(() => 1) }));
  unpadded = await caseData(weights, { ...small, rows });
});

const scriptAt = (op: string, over: Partial<Script> = {}): Script => ({
  title: 'a title',
  op,
  implementation: 'sdpa',
  policy: policyFrom({ preset: 'torch-mps-2.8' }),
  layers: 2,
  scaled: true,
  scaledByLayer: false,
  activation: 'gelu_new',
  tied: true,
  bad: 'NaN',
  backend: 'cpu',
  failing: data,
  ...over,
});

/** The script as a function of what it imports; throws where it is not JavaScript. */
function compiled(text: string): (...given: unknown[]) => Promise<void> {
  const body = text.replace(/^import .*$/gm, '').replace(/await import\(/g, 'await load(');
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
  return AsyncFunction('tf', 'process', 'console', 'load', 'pathToFileURL', body) as never;
}

/** Runs a script here: what it printed, and the exit code that it asked for. */
async function ran(text: string, ...args: string[]) {
  const printed: string[] = [];
  let code: number | undefined;
  await compiled(text)(
    tf,
    {
      argv: ['node', 'reproduce.mjs', ...args],
      exit: (asked: number) => {
        code = asked;
      },
    },
    { log: (...words: unknown[]) => printed.push(words.join(' ')) },
    undefined,
    pathToFileURL,
  );
  return { printed, code };
}

describe('the script', () => {
  it.each(presetNames)('computes the losses that the model computes: %s', async (preset) => {
    const policy = policyFrom({ preset });
    const model = await buildCausalLM(weightsOf(weights, small));
    const implementation = preset.endsWith('eager') ? 'eager' : 'sdpa';
    const { losses, supervised } = await evaluateBatch({ model, implementation, policy }, batchOf(small));
    model.dispose();
    const { printed, code } = await ran(
      scriptText(scriptAt('loss/SparseCrossEntropy#0:0', { policy, implementation })),
    );
    const line = printed.find((text) => text.startsWith('losses'))!;
    const found = line.trim().split(/\s+/).slice(1).map(Number);
    expect(found).toHaveLength(6);
    expect(losses).toHaveLength(4);
    losses.forEach((loss, i) => {
      const [row, column] = [Math.floor(supervised.rows[i]! / 4), supervised.rows[i]! % 4];
      const here = found[row * 3 + column]!;
      expect(Number.isNaN(here)).toBe(Number.isNaN(loss));
      if (!Number.isNaN(loss)) expect(Math.abs(here - loss)).toBeLessThanOrEqual(1e-5 * Math.abs(loss));
    });
    expect(code).toBe(losses.some(Number.isNaN) ? 1 : 0);
  });

  it.each(activationNames)('computes the losses of an MLP that bends by %s', async (activation) => {
    const policy = policyFrom({ preset: 'safe' });
    const bent = {
      ...weights,
      config: parseConfig({ ...weights.config.json, activation_function: activation }, 'test'),
    };
    const model = await buildCausalLM(weightsOf(bent, small));
    const { losses } = await evaluateBatch({ model, implementation: 'sdpa', policy }, batchOf(small));
    model.dispose();
    const { printed } = await ran(
      scriptText(scriptAt('loss/SparseCrossEntropy#0:0', { policy, activation })),
    );
    const line = printed.find((text) => text.startsWith('losses'))!;
    const sum = line
      .trim()
      .split(/\s+/)
      .slice(1)
      .reduce((total, word) => total + Number(word), 0);
    const own = losses.reduce((total, loss) => total + loss, 0);
    expect(Math.abs(sum - own)).toBeLessThanOrEqual(1e-5 * own);
  });

  it('ends at the op that is held, and says what was expected, what was got, and whether that is it', async () => {
    const op = 'forward/transformer.h.0/attn/context/probs/Sub#0:0';
    const text = scriptText(scriptAt(op, { layers: 1, passing: unpadded }));
    const { printed, code } = await ran(text);
    expect(printed.slice(-4)).toEqual([
      expect.stringMatching(/^masked - maximum +NaN NaN NaN NaN .* and 52 more$/),
      'expected no NaN',
      expect.stringMatching(/^got {6}NaN NaN NaN NaN /),
      'FAIL: 16 NaN in masked - maximum',
    ]);
    expect(code).toBe(1);
    const beside = await ran(text, 'passing');
    expect([beside.printed.at(-1), beside.code]).toEqual(['PASS: no NaN in masked - maximum', 0]);
    const earlier = await ran(scriptText(scriptAt(op.replace('Sub', 'Max'), { layers: 1 })));
    expect([earlier.printed.at(-1), earlier.code]).toEqual(['PASS: no NaN in maximum', 0]);
    const infinite = await ran(
      scriptText(scriptAt(op.replace('Sub', 'Max'), { layers: 1, bad: 'Infinity' })),
    );
    expect([infinite.printed.at(-1), infinite.code]).toEqual(['FAIL: 4 Infinity in maximum', 1]);
  });

  it('of a LayerNorm shows the result that is held, the variance as well', async () => {
    const op = 'forward/transformer.h.0/ln_2/LayerNorm#0:';
    const normal = await ran(scriptText(scriptAt(`${op}0`, { layers: 1 })));
    expect(normal.printed.at(-4)).toMatch(/^ln_2 /);
    const { printed } = await ran(scriptText(scriptAt(`${op}1`, { layers: 1, bad: 'Infinity' })));
    expect(printed.at(-4)).toMatch(/^ln_2 variance +NaN NaN 0\.\d+ /);
  });

  it('of two devices says whether they are of the same classes', async () => {
    const op = 'forward/transformer.h.0/attn/probs/Softmax#0:0';
    const { printed, code } = await ran(
      scriptText(scriptAt(op, { implementation: 'eager', against: 'cpu' })),
    );
    expect(code).toBe(0);
    expect(printed.slice(-3)).toEqual([
      expect.stringMatching(/^expected NaN NaN /),
      expect.stringMatching(/^got {6}NaN NaN /),
      'PASS: none of 64 of another class in softmax',
    ]);
  });

  const ops = [
    ...['transformer.embeddings/Add#0:0', 'mask/GatherV2#0:0', 'transformer.ln_f/LayerNorm#0:0'],
    ...['lm_head/BatchMatMul#0:0'],
    ...['ln_1/LayerNorm#0:0', 'attn/Linear#0:0', 'attn/Multiply#0:0', 'attn/context/scores/BatchMatMul#0:0'],
    ...['attn/context/masked/Add#0:0', 'attn/context/probs/Sum#0:0', 'attn/context/context/RealDiv#0:0'],
    ...[
      'attn/Linear#1:0',
      'attn/Add#0:0',
      'ln_2/LayerNorm#0:0',
      'ln_1/LayerNorm#0:1',
      'mlp/GeluNew#0:0',
      'output/Add#0:0',
    ],
  ].map((op) => (/^(transformer|mask|lm_head)/.test(op) ? `forward/${op}` : `forward/transformer.h.0/${op}`));
  const backends: readonly ScriptBackend[] = ['cpu', 'wasm', 'tensorflow', 'webgpu', { module: './b.mjs' }];

  it.each([...ops, 'loss/SparseCrossEntropy#0:0', 'metrics/RowArgmax#0:0'])(
    'is JavaScript in short lines that reads no file, under every policy and for every backend: %s',
    (op) => {
      const scripts = [
        ...backends.flatMap((backend) =>
          [1, 2].map((layers) => scriptAt(op, { backend, layers, passing: unpadded })),
        ),
        ...presetNames.map((preset) => scriptAt(op, { policy: policyFrom({ preset }), backend: 'webgpu' })),
        ...(['self', 'attend-all'] as const).map((rowGuard) =>
          scriptAt(op, { policy: policyFrom({ preset: 'safe', rowGuard }), backend: 'webgpu' }),
        ),
        scriptAt(op, { backend: 'webgpu', against: 'wasm' }),
      ];
      for (const text of scripts.map(scriptText)) {
        for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(110);
        expect(text).not.toMatch(/readFile|import\.meta/);
        expect(() => compiled(text)).not.toThrow();
      }
    },
  );

  it('knows the stage of an op by its path', () => {
    expect(stageOf('forward/transformer.h.*/attn/context/probs/Sub#0:0')).toBe('probabilities');
    expect(stageOf('forward/transformer.h.*/attn/context/context/BatchMatMul#0:0')).toBe('context');
    expect(stageOf('forward/transformer.h.*/attn/Add#0:0')).toBe('attention');
    expect(stageOf('loss/SparseCrossEntropy#0:0')).toBe('loss');
  });
});
