/**
 * GPT-2's settings of the scale under each preset of transformers, against that release: sdpa of 4.57 drops both, its eager and
 * all of 5 obey them (golden/presets, `setting.*`).
 */
import { policies, presetNames } from '@nanscope/attention';
import { largest, measure } from '@nanscope/conform';
import { type CausalLM, loadCausalLM, modelOf, parseConfig } from '@nanscope/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runModel } from './model-run.ts';
import { onEveryBackend } from './on-every-backend.ts';
import { float32Noise, modelBatches, recordings } from './preset-goldens.ts';
import { modelFolder } from './small-model.ts';

const settings = {
  unscaled: { scale_attn_weights: false },
  'by-layer': { scale_attn_by_inverse_layer_idx: true },
} as const;

const cases = recordings.flatMap((recording) =>
  presetNames
    .filter((preset) => recording.manifest.presets.includes(preset))
    .flatMap((preset) =>
      (Object.keys(settings) as (keyof typeof settings)[])
        .filter((setting) => recording.tensors[`setting.${setting}.loss`])
        .map(
          (setting) => [`${preset}, ${setting}, as ${recording.name}`, recording, preset, setting] as const,
        ),
    ),
);

describe('the recordings', () => {
  it('hold both releases with both implementations', () => {
    expect(new Set(cases.map(([, , preset]) => preset)).size).toBe(4);
  });
});

onEveryBackend(() => {
  let model: CausalLM;
  beforeAll(async () => {
    model = await loadCausalLM({ directory: modelFolder });
  });
  afterAll(() => model?.dispose());

  it.each(cases)('%s', async (_, { tensors }, preset, setting) => {
    const { ids, mask, positions, labels } = modelBatches['left-padding']!;
    const own = await runModel(
      modelOf(parseConfig({ ...model.config.json, ...settings[setting] }, 'test'), model.parameters),
      {
        shape: [ids.length, ids[0]!.length],
        inputIds: ids.flat(),
        attentionMask: mask.flat(),
        positionIds: positions.flat(),
        labels: labels.flat(),
      },
      { implementation: policies[preset].implementation!, policy: policies[preset] },
    );
    for (const [name, actual] of [
      ['loss', [own.loss]],
      ['logits', own.logits],
    ] as const) {
      const expected = tensors[`setting.${setting}.${name}`]!;
      const allowed = Math.max(2 * float32Noise[name], 8 * 2 ** -24 * largest(expected));
      expect(measure({ name, actual, expected, allowed }).failure).toBeUndefined();
    }
  });
});
