/** reproduce.py: what a policy makes of a query without a key, in a few lines of plain PyTorch. Text only. */
import type { Policy } from '@nanscope/attention';

export interface PytorchScript {
  /** One line for its head. */
  readonly title: string;
  readonly policy: Policy;
  /** The system whose arithmetic it is, in a clause. */
  readonly system: string;
  /** B x T: 0 where a token is padding. */
  readonly failing: readonly (readonly number[])[];
  readonly passing?: readonly (readonly number[])[];
}

const grid = (rows: readonly (readonly number[])[]) => JSON.stringify(rows).replaceAll(',', ', ');

const literal = (value: number): string =>
  Number.isFinite(value) ? String(value) : `float("${value < 0 ? '-' : ''}inf")`;

/** The masks that are applied to the scores, one after the other. */
const masks: Readonly<Record<Policy['compose'], readonly string[]>> = {
  and: ['causal & padding'],
  add: ['causal', 'padding'],
  'causal-dropped': ['padding'],
  'causal-twice': ['causal', 'causal & padding'],
};

/**
 * A query without a key is one row of -inf, whose softmax is NaN whatever q, k and v hold: they are zeros. Beside it stands
 * PyTorch's own attention, which has a guard for such rows from 2.5 on.
 */
export function pytorchText({ title, policy, system, failing, passing }: PytorchScript): string {
  const { compose, fill } = policy;
  const cells = passing ? `${grid(passing)} if "passing" in sys.argv else ${grid(failing)}` : grid(failing);
  const filled = masks[compose].map((mask) => `scores.masked_fill(~(${mask}), fill)`);
  const keep = compose === 'causal-dropped' ? 'padding.expand(scores.shape)' : 'causal & padding';
  return `${[
    `# ${title}`,
    `# The arithmetic of ${system}; q, k and v are zeros.`,
    ...(passing
      ? ['# python reproduce.py exits 1; python reproduce.py passing, the nearest case, exits 0.']
      : []),
    'import sys, torch',
    `padding = torch.tensor(${cells}).bool()[:, None, :]  # 0: padding`,
    'B, T = padding.shape[0], padding.shape[2]',
    'causal = torch.ones(T, T).tril().bool()',
    `scores, fill = torch.zeros(B, T, T), ${literal(fill.value)}`,
    `weights = torch.softmax(${filled.join(' + ')}, -1)`,
    `q, keep = torch.zeros(B, T, 1), ${keep}`,
    'own = torch.nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=keep)',
    'bad = int(weights.isnan().sum())',
    'print("expected no NaN\\ngot     ", weights.tolist())',
    'print(f"the attention of torch {torch.__version__} itself:", own.flatten().tolist())',
    'print(f"FAIL: {bad} NaN in the softmax" if bad else "PASS: no NaN in the softmax")',
    'sys.exit(1 if bad else 0)',
  ].join('\n')}\n`;
}
