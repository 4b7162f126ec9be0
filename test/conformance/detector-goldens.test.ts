/**
 * The detector over everything that was recorded: golden/presets and the trained model of golden/gpt2. Where the real
 * system gave finite numbers there is nothing to report; where it gave a NaN out of finite numbers there is an origin.
 */
import { type PresetName, policies, presetNames } from '@nanscope/attention';
import { contextOf, findOrigin, openTrace } from '@nanscope/cascade';
import { tensorflowImplementation, withGradients } from '@nanscope/conform';
import { type CausalLM, loadCausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runModel } from './model-run.ts';
import { onEveryBackend } from './on-every-backend.ts';
import { askedOf, modelBatches, policyOf, problemOf, problems, recordings } from './preset-goldens.ts';
import { modelFolder } from './small-model.ts';

vi.setConfig({ testTimeout: 240_000 });

const allFinite = (values: ArrayLike<number>) => Array.from(values).every(Number.isFinite);

/** Problems whose q, k and v are finite: a NaN that comes in is rightly reported, whatever comes out. */
const finiteProblems = Object.keys(problems).filter((name) => {
  const { q, k, v } = problems[name]!;
  return [q, k, v].every(allFinite);
});

/** Each preset with the first system that was recorded for it, asked every problem. */
const attentionCases = presetNames.flatMap((preset: PresetName) => {
  const recording = recordings.find(({ manifest }) => manifest.presets.includes(preset));
  if (!recording) return [];
  return askedOf(recording)
    .filter(
      ({ asked, problem }) =>
        finiteProblems.includes(problem) &&
        !recording.manifest.differs.some((known) => known.problem === asked),
    )
    .map(({ asked, problem }) => ({
      id: `preset:${preset};problem=${asked}`,
      problem: problemOf(recording, preset, problem),
      finite: ['out', 'dq', 'dk', 'dv'].every((name) =>
        allFinite(recording.tensors[`${asked}.${name}`] ?? []),
      ),
      telling: ['left-padding', 'all-padding', 'explicit-float', 'large-scores'].includes(problem),
    }));
});

/** Loss, logits and gradients of the model as each system of a preset gave them. */
const modelCases = recordings.flatMap((recording) => {
  const preset = recording.manifest.presets[0]!;
  if (!recording.manifest.float32Noise) return [];
  return Object.entries(modelBatches).map(([name, batch]) => ({
    id: `preset:${preset};system=${recording.name};model=${name}`,
    batch,
    policy: policyOf(recording, preset),
    implementation: policies[preset].implementation!,
    telling: name === 'all-padding',
  }));
});

describe('the recordings', () => {
  it('of attention are of both kinds: finite, and not', () => {
    const finite = attentionCases.filter((one) => one.finite).length;
    expect(finite).toBeGreaterThan(50);
    expect(attentionCases.length - finite).toBeGreaterThan(1);
  });

  it('of the model are finite', () => {
    expect(modelCases.length).toBeGreaterThan(5);
    for (const { tensors } of recordings) {
      const bad = Object.keys(tensors).filter((key) => key.startsWith('model.') && !allFinite(tensors[key]!));
      expect(bad).toEqual([]);
    }
  });
});

onEveryBackend(({ id, session }) => {
  const asked = <T extends { readonly telling: boolean }>(cases: readonly T[]) =>
    id === 'wasm' ? cases : cases.filter(({ telling }) => telling);

  describe.each(['eager', 'sdpa'] as const)('%s', (implementation) => {
    it.each(asked(attentionCases).map((one) => [one.id, one] as const))(
      '%s',
      async (_, { problem, finite }) => {
        const trace = openTrace(session(), 'full');
        try {
          await trace.run('forward', () =>
            tensorflowImplementation(implementation).run(problem, withGradients),
          );
          const origin = findOrigin(await trace.collect());
          if (finite) expect(origin).toBeUndefined();
          else expect(origin).toBeDefined();
        } finally {
          trace.close();
        }
      },
    );
  });

  describe('GPT-2', () => {
    let model: CausalLM;
    let before: number;
    beforeAll(async () => {
      before = tf.memory().numTensors;
      model = await loadCausalLM({ directory: modelFolder });
    });
    afterAll(() => model?.dispose());

    it.each(asked(modelCases).map((one) => [one.id, one] as const))('%s', async (_, one) => {
      const { ids, mask, positions, labels } = one.batch;
      const batch = {
        shape: [ids.length, ids[0]!.length] as const,
        inputIds: ids.flat(),
        attentionMask: mask.flat(),
        positionIds: positions.flat(),
        labels: labels.flat(),
      };
      const context = contextOf(mask, one.policy.compose !== 'causal-dropped');
      const trace = openTrace(session(), 'full');
      try {
        await trace.run('forward', () => runModel(model, batch, one));
        const collected = await trace.collect();
        expect(findOrigin(collected, context)).toBeUndefined();
      } finally {
        trace.close();
      }
      expect(tf.memory().numTensors).toBe(before + Object.keys(model.parameters).length);
    });
  });
});
