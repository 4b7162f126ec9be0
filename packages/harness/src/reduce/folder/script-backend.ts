/** What computes in a script: the packages it imports and the lines that open it. Text only. */

import type { Policy } from '@nanscope/attention';
import { backendName } from '@nanscope/record';

/** A backend of TensorFlow.js by its package, or a module of a third party by the path that was given for it. */
export type ScriptBackend = 'cpu' | 'wasm' | 'tensorflow' | 'webgpu' | { readonly module: string };

const WEBGPU = '@tensorflow/tfjs-backend-webgpu';

/** Packages that a script of this backend imports, beside `@tensorflow/tfjs`. */
export const packagesOf = (backend: ScriptBackend): readonly string[] =>
  typeof backend !== 'string'
    ? []
    : {
        cpu: [],
        wasm: ['@tensorflow/tfjs-backend-wasm'],
        tensorflow: ['@tensorflow/tfjs-node'],
        webgpu: [WEBGPU, 'webgpu'],
      }[backend];

export const scriptBackendWords = (backend: ScriptBackend): string =>
  typeof backend !== 'string' ? backend.module : backendName(backend);

export interface Opened {
  readonly imports: readonly string[];
  /** What has to be done before it is chosen. */
  readonly lines: readonly string[];
  /** An expression: its name in TensorFlow.js. */
  readonly name: string;
}

/** @param as what a module is called, where a script opens two */
export function opened(backend: ScriptBackend, as = 'own'): Opened {
  if (typeof backend !== 'string')
    return {
      imports: ["import { pathToFileURL } from 'node:url';"],
      lines: [
        '// As it was given to --backend, from the folder in which this is run.',
        `const path = ${JSON.stringify(backend.module)};`,
        `const ${as} = await (await import(pathToFileURL(path).href)).default.open();`,
      ],
      name: `${as}.tfjsName`,
    };
  const name = `'${backend}'`;
  switch (backend) {
    case 'cpu':
      return { imports: [], lines: [], name };
    case 'wasm':
      return { imports: ["import '@tensorflow/tfjs-backend-wasm';"], lines: [], name };
    case 'tensorflow':
      return { imports: ["import '@tensorflow/tfjs-node';"], lines: [], name };
    case 'webgpu':
      return {
        imports: ["import { create, globals } from 'webgpu';"],
        lines: [
          'Object.assign(globalThis, globals);',
          "Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) } });",
          `await import('${WEBGPU}');`,
          "tf.env().set('WEBGPU_CPU_FORWARD', false);",
        ],
        name,
      };
    default:
      return backend satisfies never;
  }
}

// reproduce.py: what a policy makes of a query without a key, in a few lines of plain PyTorch. Text only.

interface PytorchScript {
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
