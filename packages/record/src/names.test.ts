import { describe, expect, it } from 'vitest';
import { anyLayer, isLastNorm, isResidualStream, layerNumber, stageOf } from './names.ts';

describe('a module path', () => {
  it.each([
    ['transformer.h.3/attn/probs', 3, 'h.3'],
    ['model.layers.11/self_attn/q_proj', 11, 'layers.11'],
    ['model.decoder.layers.0/mlp', 0, 'layers.0'],
    ['gpt_neox.layers.2/output', 2, 'layers.2'],
    ['model.layers.2.self_attn', 2, 'layers.2'],
    ['model.embed_tokens', undefined, 'embed_tokens'],
    ['model.decoder.embed_tokens', undefined, 'embed_tokens'],
    ['transformer.ln_f', undefined, 'ln_f'],
    ['lm_head', undefined, undefined],
    ['layers.3/output', undefined, undefined],
  ])('%s lies in layer %s, stage %s', (path, layer, stage) => {
    expect(layerNumber(path)).toBe(layer);
    expect(layerNumber(`forward/${path}/MatMul#0:0`)).toBe(layer);
    expect(stageOf(path)).toBe(stage);
  });

  it('has any layer where a smaller model counts them anew', () => {
    expect(anyLayer('forward/model.layers.7/self_attn/Sub#0:0')).toBe(
      'forward/model.layers.*/self_attn/Sub#0:0',
    );
    expect(anyLayer('forward/lm_head/MatMul#0:0')).toBe('forward/lm_head/MatMul#0:0');
  });

  it('is of the residual stream: embeddings, the output of a layer, the last norm', () => {
    for (const path of [
      ...['transformer.embeddings', 'model.embed_tokens', 'gpt_neox.embed_in', 'transformer.h.0/output'],
      ...['model.layers.0/output', 'model.norm', 'gpt_neox.final_layer_norm', 'transformer.ln_f', 'output'],
      'model.decoder.layers.1/final_layer_norm',
    ])
      expect(isResidualStream(path), path).toBe(true);
    for (const path of ['model.layers.0/input_layernorm', 'model.layers.0/self_attn', 'lm_head'])
      expect(isResidualStream(path), path).toBe(false);
    expect(isLastNorm('model.layers.0/norm')).toBe(false);
  });
});
