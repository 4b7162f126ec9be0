// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines of another program.
/**
 * GPT-2's forward pass as lines of plain TensorFlow.js, up to the op that a reduction holds: a line a stage before it, its own
 * stage op by op. Text only; what the model itself computes is in @nanscope/model and @nanscope/attention.
 */
import type { Implementation, Policy } from '@nanscope/attention';
import type { ActivationName } from '@nanscope/model';
import { activationLines, activationName } from './activation-lines.ts';

export interface ForwardPass {
  /** Key of the op. */
  readonly op: string;
  readonly implementation: Implementation;
  readonly policy: Policy;
  readonly layers: number;
  /** Scores are divided by the square root of the head size, and by the number of the layer. */
  readonly scaled: boolean;
  readonly scaledByLayer: boolean;
  /** The activation of the MLP. */
  readonly activation: ActivationName;
  /** Whether the head is the token table. */
  readonly tied: boolean;
}

/** Stages in order, and the paths of the ops in each. */
const stages = [
  ['embeddings', /transformer\.embeddings\//],
  ['ln_1', /\/ln_1\//],
  ['qkv', /\/attn\/(Linear#0|Reshape#0|Transpose#0|Unpack#0|Multiply#0|RoundTo)/],
  ['scores', /\/scores\//],
  ['masked', /\/masked\/|^forward\/mask\//],
  ['probabilities', /\/probs\//],
  ['context', /\/context\/|\/attn\/FusedAttention/],
  ['attention', /\/attn\//],
  ['ln_2', /\/ln_2\//],
  ['mlp', /\/mlp\//],
  ['output', /\/output\//],
  ['ln_f', /\/ln_f\//],
  ['logits', /lm_head\/|^metrics\//],
  ['loss', /^loss\//],
] as const;

export type Stage = (typeof stages)[number][0];
const order: readonly Stage[] = stages.map(([name]) => name);

/** The stage of an op; the last one for an op that is in none. */
export const stageOf = (op: string): Stage => stages.find(([, path]) => path.test(op))?.[0] ?? 'loss';

/** Which cells stay, as the policy composes them; `dead` are the queries that a row guard looks after. */
function maskLines({ compose, rowGuard, fill: { how, value } }: Policy): string[] {
  const opened = {
    none: 'allowed',
    zeros: 'allowed',
    'attend-all': 'allowed.logicalOr(dead)',
    self: "allowed.logicalOr(dead.logicalAnd(tf.eye(T).cast('bool')))",
  };
  return [
    'const earlier = tf.range(0, T).reshape([T, 1]).greaterEqual(tf.range(0, T));',
    'const causal = earlier.reshape([1, 1, T, T]);',
    "const padding = attention_mask.cast('bool').reshape([B, 1, 1, T]);",
    `const allowed = ${compose === 'causal-dropped' ? 'padding' : 'causal.logicalAnd(padding)'};`,
    ...(rowGuard === 'none' ? [] : ['const dead = allowed.any(3, true).logicalNot();']),
    ...(how === 'additive' && compose === 'add' ? [] : [`const keep = ${opened[rowGuard]};`]),
    `const fill = tf.scalar(${value});`,
    ...(how === 'additive' ? ['const bias = (cells) => tf.where(cells, tf.scalar(0), fill);'] : []),
  ];
}

/** What the mask makes of scores. */
function maskedScores({ fill, compose }: Policy): string {
  if (fill.how === 'select') return 'tf.where(keep, scores, fill)';
  if (compose === 'add') return 'scores.add(bias(causal)).add(bias(padding))';
  if (compose === 'causal-twice') return 'tf.where(causal, scores, fill).add(bias(keep))';
  return 'scores.add(bias(keep))';
}

/** Normalised probabilities; a row guard of zeros is for those of dead queries. */
const softmaxOf = ({ rowGuard }: Policy) =>
  rowGuard === 'zeros' ? 'tf.where(dead, tf.scalar(0), tf.softmax(masked))' : 'tf.softmax(masked)';

const shown = (name: string, value: string) => `await show('${name}', ${value})`;

/** The kernel of each line of sdpa's softmax. */
const softmaxSteps = [
  ['Max', `const maximum = ${shown('maximum', 'masked.max(-1, true)')};`],
  ['Sub', `const shifted = ${shown('masked - maximum', 'masked.sub(maximum)')};`],
  ['Exp', `const exponentials = ${shown('exponentials', 'shifted.exp()')};`],
  ['Sum', `const sum = ${shown('sum', 'exponentials.sum(-1, true)')};`],
] as const;

/** The stage of the op itself, op by op, after lines that leave `q`, `k`, `v`, `masked` or `x`. */
function probabilityLines({ op, implementation }: Pick<ForwardPass, 'op' | 'implementation'>): string[] {
  if (implementation === 'eager') return [`${shown('softmax', 'tf.softmax(masked)')};`];
  const kernel = /\/([A-Za-z0-9]+)#\d+:\d+$/.exec(op)?.[1];
  const end = softmaxSteps.findIndex(([name]) => name === kernel);
  return softmaxSteps.slice(0, end < 0 ? undefined : end + 1).map(([, line]) => line);
}

/** The MLP op by op. */
function mlpLines({ op, activation }: ForwardPass): string[] {
  const bend = activationName(activation);
  const lines = [
    ['Linear#0', `const hidden = ${shown('c_fc', 'linear(units, `h.${layer}.mlp.c_fc`)')};`],
    ['GeluNew', `const bent = ${shown(bend, `${bend}(hidden)`)};`],
    ['Linear#1', `const update = ${shown('c_proj', 'linear(bent, `h.${layer}.mlp.c_proj`)')};`],
  ] as const;
  const end = lines.findIndex(([kernel]) => op.includes(`/${kernel}`));
  return lines.slice(0, end < 0 ? undefined : end + 1).map(([, line]) => line);
}

/** A LayerNorm as the last line: the result that is held, which may be its variance. */
const normLine = ({ op }: ForwardPass, stage: string, normed: string): string =>
  op.endsWith('/LayerNorm#0:1') ? `${shown(`${stage} variance`, 'spread(x)')};` : `${shown(stage, normed)};`;

/** Lines of one block, up to a stage of it. */
function blockLines(pass: ForwardPass, stage: Stage): string[] {
  const { policy } = pass;
  const at = order.indexOf(stage);
  const reaches = (name: Stage) => at >= order.indexOf(name);
  const scale = [
    ...(pass.scaled ? ['.div(Math.sqrt(q.shape[3]))'] : []),
    ...(pass.scaledByLayer ? ['.div(layer + 1)'] : []),
  ].join('');
  const normed = 'norm(x, `h.${layer}.ln_1`)';
  const lines: string[] = [];
  if (stage === 'ln_1') return [normLine(pass, stage, normed)];
  if (reaches('qkv'))
    lines.push(
      `const normed = ${normed};`,
      `const mixed = ${shown('c_attn', 'linear(normed, `h.${layer}.attn.c_attn`)')};`,
      'const [q, k, v] = tf.unstack(mixed.reshape([B, T, 3, H, -1]).transpose([2, 0, 3, 1, 4]));',
    );
  // Stages behind the op show only their result; the stage it is in shows each op.
  const behind = reaches('attention');
  const scores = `tf.matMul(q${scale}, k, false, true)`;
  if (reaches('scores')) lines.push(`const scores = ${behind ? scores : shown('scores', scores)};`);
  if (reaches('masked')) lines.push(`const masked = ${shown('masked', maskedScores(policy))};`);
  if (stage === 'probabilities') lines.push(...probabilityLines(pass));
  if (reaches('context')) lines.push(`const probabilities = ${softmaxOf(policy)};`);
  const context = 'tf.matMul(probabilities, v)';
  if (stage === 'context') lines.push(`const context = ${shown('context', context)};`);
  if (behind)
    lines.push(
      `const context = ${context}.transpose([0, 2, 1, 3]).reshape([B * T, -1]);`,
      `x = ${shown('attention', 'x.add(linear(context, `h.${layer}.attn.c_proj`))')};`,
    );
  const units = 'norm(x, `h.${layer}.ln_2`)';
  if (stage === 'ln_2') lines.push(normLine(pass, stage, units));
  if (stage === 'mlp') lines.push(`const units = ${shown('ln_2', units)};`, ...mlpLines(pass));
  if (reaches('output'))
    lines.push(
      `const units = ${units};`,
      `const bent = ${activationName(pass.activation)}(linear(units, \`h.\${layer}.mlp.c_fc\`));`,
      `x = ${shown('output', 'x.add(linear(bent, `h.${layer}.mlp.c_proj`))')};`,
    );
  return lines;
}

const embeddings = [
  "const tokens = tf.gather(w['wte.weight'], input_ids.flatten());",
  "const places = tf.gather(w['wpe.weight'], position_ids.flatten());",
  `let x = ${shown('embeddings', 'tokens.add(places)')};`,
];

const losses = [
  'const next = labels.slice([0, 1]);',
  "const known = next.maximum(tf.scalar(0, 'int32'));",
  "const picked = tf.oneHot(known, logits.shape[1]).cast('bool');",
  'const predicted = tf.logSoftmax(logits).reshape([B, T, -1]).slice([0, 0], [B, T - 1]);',
  'const losses = tf.where(picked, predicted, tf.scalar(0)).sum(-1).neg();',
  `${shown('losses', 'tf.where(next.notEqual(-100), losses, tf.scalar(0))')};`,
];

/**
 * Mask and softmax alone, on scores of zeros: what becomes of a query without a key does not depend on q and k, nor on the model
 * around them. Undefined for an op of another stage.
 */
export function attentionLines(
  pass: Pick<ForwardPass, 'op' | 'implementation' | 'policy'>,
): readonly string[] | undefined {
  const stage = stageOf(pass.op);
  if (stage !== 'masked' && stage !== 'probabilities') return undefined;
  return [
    'const scores = tf.zeros([B, 1, T, T]);',
    ...maskLines(pass.policy),
    `const masked = ${shown('masked', maskedScores(pass.policy))};`,
    ...(stage === 'probabilities' ? probabilityLines(pass) : []),
  ];
}

/** From the inputs to the op that is held, which `show` sees last. */
export function forwardLines(pass: ForwardPass): string[] {
  const stage = stageOf(pass.op);
  const reaches = (name: Stage) => order.indexOf(stage) >= order.indexOf(name);
  const body = blockLines(pass, reaches('ln_f') ? 'output' : stage);
  const block =
    pass.layers === 1
      ? body.map((line) => line.replaceAll('${layer}', '0').replaceAll('(layer + 1)', '(1)'))
      : ['for (let layer = 0; layer < L; layer++) {', ...body.map((line) => `  ${line}`), '}'];
  const head = pass.tied ? 'wte.weight' : 'lm_head.weight';
  return [
    ...embeddings,
    ...(reaches('masked') ? maskLines(pass.policy) : []),
    ...(body.length > 0 ? block : []),
    ...(stage === 'ln_f' ? [normLine(pass, stage, "norm(x, 'ln_f')")] : []),
    ...(reaches('logits')
      ? [
          "const ending = norm(x, 'ln_f');",
          `const logits = ${shown('logits', `tf.matMul(ending, w['${head}'], false, true)`)};`,
        ]
      : []),
    ...(reaches('loss') ? losses : []),
  ];
}

const helpers = [
  ['linear', ['const linear = (x, name) => tf.matMul(x, w[`${name}.weight`]).add(w[`${name}.bias`]);']],
  [
    'norm',
    [
      'const norm = (x, name) => {',
      '  const { mean, variance } = tf.moments(x, -1, true);',
      '  const normed = x.sub(mean).div(variance.add(epsilon).sqrt());',
      '  return normed.mul(w[`${name}.weight`]).add(w[`${name}.bias`]);',
      '};',
    ],
  ],
  ['spread', ['const spread = (x) => tf.moments(x, -1, true).variance;']],
] as const;

/** Functions that the lines call. */
export const helperLines = (lines: readonly string[], activation: ActivationName): string[] =>
  [...helpers, [activationName(activation), activationLines(activation)] as const]
    .filter(([name]) => lines.some((line) => line.includes(`${name}(`)))
    .flatMap(([, text]) => text);
