/**
 * The policies of real systems, each read in that system's source. The table is data: docs and help texts are
 * made from it, and `summary` says what it does to a query that may attend to no key.
 */
import { type Fill, FLOAT32_MIN, type Implementation, type Policy, safePolicy } from './policy.ts';

export interface Preset extends Policy {
  /** Which of the two implementations the real system is; absent where the preset speaks for both. */
  readonly implementation?: Implementation;
  /** One sentence for a help text. */
  readonly summary: string;
  /** Where it was read: project, version, file. */
  readonly source: string;
}

const MINUS_INFINITY = Number.NEGATIVE_INFINITY;

const table = {
  safe: {
    ...safePolicy,
    summary:
      'The default: one AND mask, selected; a query without a key gives exactly 0 and passes no gradient; masked NaN stays out.',
    source: 'nanscope',
  },
  'no-causal': {
    name: 'no-causal',
    fill: { how: 'select', value: MINUS_INFINITY },
    compose: 'causal-dropped',
    rowGuard: 'none',
    computeDtype: 'f32',
    implementation: 'sdpa',
    summary:
      'The theory that a given mask switches causality off: no NaN with left padding, but every query sees the future.',
    source: 'a common explanation of the NaN of left padding; no released system does this',
  },
  'torch-2.4': {
    name: 'torch-2.4',
    fill: { how: 'additive', value: MINUS_INFINITY },
    compose: 'and',
    rowGuard: 'none',
    computeDtype: 'f32',
    implementation: 'sdpa',
    summary:
      'PyTorch before 2.5: the bool mask becomes an additive -inf mask, softmax has no guard, a query without a key is NaN.',
    source:
      'pytorch v2.4 aten/src/ATen/native/transformers/attention.cpp: convert_boolean_attn_mask, _scaled_dot_product_attention_math',
  },
  'torch-2.5': {
    name: 'torch-2.5',
    fill: { how: 'additive', value: MINUS_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
    scoreRounding: 'never',
    implementation: 'sdpa',
    summary:
      'PyTorch 2.5 and later: additive -inf, and _safe_softmax turns the probabilities of a row of -inf into zeros; 0 times a NaN of v, or a NaN score, is still NaN.',
    source:
      'pytorch v2.5 aten/src/ATen/native/transformers/attention.cpp: _safe_softmax (pytorch#133882), half in float32 inside',
  },
  'torch-mps-2.8': {
    name: 'torch-mps-2.8',
    fill: { how: 'additive', value: MINUS_INFINITY },
    compose: 'and',
    rowGuard: 'none',
    computeDtype: 'f32',
    implementation: 'sdpa',
    summary:
      'PyTorch on Apple GPUs before the guard of 2.9: the bool mask becomes an additive -inf mask, softMaxWithTensor has no guard, a query without a key is NaN.',
    source:
      'pytorch aten/src/ATen/native/mps/operations/Attention.mm: sdpa_general_mps (pytorch#156707, guard added by #157727)',
  },
  'transformers-4.57-eager': {
    name: 'transformers-4.57-eager',
    fill: { how: 'additive', value: FLOAT32_MIN },
    compose: 'causal-twice',
    rowGuard: 'none',
    computeDtype: 'f32',
    scalesProduct: true,
    scoreRounding: 'before-scale',
    implementation: 'eager',
    summary:
      'GPT-2 selects finfo.min above the diagonal and then adds the combined finfo.min mask: future cells become -inf, so a query without a key attends evenly to the pads before it.',
    source:
      'transformers 4.57.6 models/gpt2/modeling_gpt2.py: eager_attention_forward; masking_utils.py: eager_mask',
  },
  'transformers-4.57-sdpa': {
    name: 'transformers-4.57-sdpa',
    fill: { how: 'additive', value: MINUS_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
    scalesProduct: true,
    scoreRounding: 'never',
    dropsScaleSettings: true,
    implementation: 'sdpa',
    summary:
      'The bool mask goes to PyTorch, whose guard gives zeros from 2.5 on. With torch < 2.5 fully masked rows are opened instead: row guard attend-all. It drops scale_attn_weights and scale_attn_by_inverse_layer_idx.',
    source:
      'transformers 4.57.6 masking_utils.py: sdpa_mask_recent_torch, sdpa_mask_older_torch; integrations/sdpa_attention.py; models/gpt2/modeling_gpt2.py: GPT2Attention hands sdpa no scale',
  },
  'transformers-5-eager': {
    name: 'transformers-5-eager',
    fill: { how: 'additive', value: FLOAT32_MIN },
    compose: 'and',
    rowGuard: 'none',
    computeDtype: 'f32',
    scalesProduct: true,
    scoreRounding: 'before-scale',
    implementation: 'eager',
    summary:
      'One additive finfo.min mask: a query without a key attends evenly to everything, the future included.',
    source:
      'transformers 5.18.0 and 5.24.0 masking_utils.py: eager_mask; models/gpt2/modeling_gpt2.py: eager_attention_forward',
  },
  'transformers-5-sdpa': {
    name: 'transformers-5-sdpa',
    fill: { how: 'additive', value: MINUS_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    computeDtype: 'f32',
    scalesProduct: true,
    scoreRounding: 'never',
    implementation: 'sdpa',
    summary: 'The bool mask goes to PyTorch >= 2.5 as it is: zeros for a query without a key.',
    source:
      'transformers 5.18.0 and 5.24.0 masking_utils.py: sdpa_mask; integrations/sdpa_attention.py: sdpa_attention_forward',
  },
  'onnx-1.23': {
    name: 'onnx-1.23',
    fill: { how: 'additive', value: MINUS_INFINITY },
    compose: 'and',
    rowGuard: 'zeros',
    guardReads: 'mask',
    computeDtype: 'f32',
    summary:
      'ONNX Attention 23 and 24 as corrected in 1.23: additive -inf, and the probabilities of a fully masked row are exactly 0, found in the mask: a NaN score does not matter, a NaN of v does.',
    source:
      'onnx onnx/reference/ops/op_attention.py: _compute_attention (guard on the additive bias, onnx#8068)',
  },
  jax: {
    name: 'jax',
    fill: { how: 'select', value: Math.fround(-0.7 * -FLOAT32_MIN) },
    compose: 'and',
    rowGuard: 'none',
    computeDtype: 'f32',
    scoreRounding: 'never',
    summary:
      'One AND mask selected with -0.7 finfo.max: a query without a key attends evenly to everything, the future included. A float mask is added and not filled: a row of its -inf is NaN.',
    source: 'jax 0.10.0 jax/_src/nn/functions.py: _apply_masks, _get_large_negative',
  },
  tfjs: {
    name: 'tfjs',
    fill: { how: 'additive', value: -1e9 },
    compose: 'and',
    rowGuard: 'none',
    computeDtype: 'f32',
    implementation: 'eager',
    summary:
      'The layers of TensorFlow.js add -1e9: a query without a key attends evenly to everything. (tf.softmax itself has no guard: -inf gives NaN.)',
    source:
      '@tensorflow/tfjs-layers 4.22.0 layers/nlp/multihead_attention and layers/advanced_activations: Softmax',
  },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof table;

/** Every preset by name. */
export const policies: Readonly<Record<PresetName, Preset>> = table;

/** Names that presets had before, which config files and run folders still have. */
export const formerPresetNames: Readonly<Record<string, PresetName>> = { 'seed-theory': 'no-causal' };

/** The name that a preset has now: `seed-theory rowGuard=self` is `no-causal rowGuard=self`. */
export function presentPolicyName(name: string): string {
  const [preset = '', ...changes] = name.split(' ');
  return [formerPresetNames[preset] ?? preset, ...changes].join(' ');
}

/** In the order in which they are shown. */
export const presetNames = Object.keys(table) as readonly PresetName[];

// The preset table as Markdown: docs/attention.md holds it, and a test fails when the two differ.

/** A fill in the words that `policyFrom` reads, where there are any. */
export function fillWord({ how, value }: Fill): string {
  if (value === Number.NEGATIVE_INFINITY) return `${how}-inf`;
  if (value === FLOAT32_MIN) return how === 'select' ? 'finfo-min' : 'additive-finfo-min';
  return `${how}:${value}`;
}

export function presetTable(): string {
  const rows = presetNames.map((name) => {
    const { fill, compose, rowGuard, scoreRounding, implementation, summary, source }: Preset =
      policies[name];
    const cells = [
      `\`${name}\``,
      implementation ?? 'both',
      `\`${fillWord(fill)}\``,
      `\`${compose}\``,
      `\`${rowGuard}\``,
      `\`${scoreRounding ?? 'after-scale'}\``,
      summary,
      source,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| preset | is | fill | composition | row guard | scores in half | what it does to a query without a key | read in |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
