/**
 * Tables of rotary positions as transformers 5.24 makes them, in float32 throughout. The numbers are those of
 * LlamaRotaryEmbedding on torch.arange(1000), at [37, 1], [500, 3], [999, 7] and [999, 15]: far out, where one rounding
 * of a frequency moves the third digit after the rounding of float32.
 */
import { expect, it } from 'vitest';
import { decoderSpec } from './families/index.ts';
import { RopeTables } from './rope.ts';

const original = { original_max_position_embeddings: 64 };
const factors = (step: number) => Array.from({ length: 16 }, (_, i) => 1 + step * i);

it.each<[type: string, settings: object, cos: number[], sin: number[]]>([
  [
    'default',
    { rope_theta: 500000 },
    [-0.8333792686462402, 0.28312450647354126, -0.9977802634239197, 0.9999896883964539],
    [-0.5527015924453735, -0.9590831398963928, -0.06659258157014847, 0.004537113476544619],
  ],
  [
    'linear',
    { factor: 1.5 },
    [0.26295220851898193, -0.9154070019721985, 0.7498044967651367, 0.9929949641227722],
    [0.9648088812828064, 0.40252959728240967, -0.6616594195365906, 0.11815673857927322],
  ],
  [
    'dynamic',
    { factor: 3 },
    [0.5654448866844177, 0.9919793009757996, 0.9907745718955994, 0.9998329281806946],
    [-0.8247860670089722, -0.12640033662319183, -0.13552017509937286, 0.01827809400856495],
  ],
  [
    'llama3',
    { factor: 8, low_freq_factor: 1, high_freq_factor: 4, ...original },
    [-0.37674230337142944, 0.7391349077224731, -0.6050511002540588, 0.999753475189209],
    [0.9263181090354919, 0.6735574007034302, 0.796186625957489, 0.022204438224434853],
  ],
  [
    'yarn',
    { factor: 3, ...original },
    [0.7594850659370422, -1.1079498529434204, 1.0381221771240234, 1.1079158782958984],
    [-0.8093048930168152, 0.06510910391807556, -0.3925485908985138, 0.06568393111228943],
  ],
  [
    'longrope',
    { factor: 3, short_factor: factors(0.1), long_factor: factors(0.3), ...original },
    [-1.0750783681869507, -1.0647480487823486, 0.957041323184967, 1.1237623691558838],
    [-0.3291912078857422, 0.3612092435359955, -0.590112030506134, 0.03631017729640007],
  ],
  [
    'proportional',
    { partial_rotary_factor: 0.5 },
    [-0.37674230337142944, 0.5821900367736816, 0.4673149287700653, 1],
    [0.9263181090354919, 0.813052773475647, -0.8840909004211426, 0],
  ],
])('%s', (type, settings, cos, sin) => {
  const json = {
    model_type: 'llama',
    hidden_size: 64,
    num_attention_heads: 2,
    max_position_embeddings: 256,
    rope_parameters: { rope_type: type, rope_theta: 10000, ...settings },
  };
  const tables = new RopeTables(decoderSpec(json, 'config.json').layers[0]!.rope!).upTo(1000);
  const places = [37 * 16 + 1, 500 * 16 + 3, 999 * 16 + 7, 999 * 16 + 15];
  for (const [index, place] of places.entries()) {
    expect(Math.abs(tables.cos[place]! - cos[index]!)).toBeLessThanOrEqual(2 ** -23);
    expect(Math.abs(tables.sin[place]! - sin[index]!)).toBeLessThanOrEqual(2 ** -23);
  }
});
