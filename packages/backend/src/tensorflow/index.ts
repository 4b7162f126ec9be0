/**
 * The `tensorflow` backend: native TensorFlow through the optional `@tensorflow/tfjs-node`, whose install
 * script downloads a library and may have failed. Both ways in which that shows (a package that is not
 * linked, a package without its addon) end here in one reason and one remedy.
 */
import { errorLine, installAgain, UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import { activate, release } from '../kernels.ts';
import { inNode } from '../runtime.ts';
import { corrections } from './corrections.ts';

// Loads `@tensorflow/tfjs-node` quietly and reads its facts. Does not leave it active.

export const remedy = `Run "${installAgain('@tensorflow/tfjs-node')}" with access to the network, or use --device wasm, which needs nothing installed.`;

/** The part of tfjs-node's exports that is read here. */
interface TfjsNode {
  readonly version: Record<string, string>;
}

/** Node 23 removed `util.isNullOrUndefined`, which tfjs-node 4.22 still calls. */
function restoreNullCheck(): void {
  const util = process.getBuiltinModule('node:util');
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value == null;
}

/**
 * Imports the package. Its import makes `tensorflow` the active backend; the one that was active before is
 * put back.
 *
 * @throws the import's own error, or one that says that the addon is not built.
 */
async function loadTensorflow(): Promise<BackendFacts> {
  if (!inNode) throw new Error('native TensorFlow runs in Node only, not in a browser');
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  restoreNullCheck();
  const before = tf.getBackend();
  let node: TfjsNode;
  try {
    // Not named in an import, and found from this module, wherever it is bundled to.
    const { createRequire } = process.getBuiltinModule('node:module');
    const { pathToFileURL } = process.getBuiltinModule('node:url');
    const found = pathToFileURL(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node')).href;
    const loaded = (await import(/* @vite-ignore */ found)) as TfjsNode & { default?: TfjsNode };
    node = loaded.default ?? loaded;
  } catch (cause) {
    throw new Error(whyAbsent(cause), { cause });
  }
  if (before && before !== 'tensorflow') await tf.setBackend(before);
  const binding = (tf.findBackend('tensorflow') as unknown as { binding: { TF_Version?: string } }).binding;
  return {
    id: 'tensorflow',
    version: `@tensorflow/tfjs-node ${node.version['tfjs-node']}, TensorFlow ${binding.TF_Version ?? 'of unknown version'}`,
    capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
  };
}

/** Turns the two forms a failed install takes into one sentence; anything else keeps its own first line. */
export function whyAbsent(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as { code?: string } | null)?.code;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return 'the optional package @tensorflow/tfjs-node is not installed';
  }
  if (text.includes('native addon module')) {
    return '@tensorflow/tfjs-node is installed, but its native addon is not: its install script could not download it';
  }
  return text.split('\n', 1)[0] ?? text;
}

export const tensorflow: Backend = {
  id: 'tensorflow',
  probe: async () => {
    try {
      return { id: 'tensorflow', available: true, facts: await loadTensorflow() };
    } catch (cause) {
      return { id: 'tensorflow', available: false, reason: errorLine(cause), remedy };
    }
  },
  open: async () => {
    try {
      const facts = await loadTensorflow();
      await activate('tensorflow');
      return {
        id: 'tensorflow',
        tfjsName: 'tensorflow',
        facts,
        notes: correct(corrections),
        dispose: () => release('tensorflow'),
      };
    } catch (cause) {
      throw new UserError(
        'backend/not-available',
        `The tensorflow backend cannot be opened: ${errorLine(cause)}. ${remedy}`,
        { cause },
      );
    }
  },
};
