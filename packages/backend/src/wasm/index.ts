/**
 * The `wasm` backend: SIMD, in Node on all cores, in a page on one; the CPU backend of a
 * machine with nothing installed. The kernels it lacks or has wrong about NaN are in `corrections.ts`.
 */

import { errorLine, reinstall, UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import { activate, release } from '../kernels.ts';
import { inNode } from '../runtime.ts';
import { corrections } from './corrections.ts';
import { shareMemory } from './shared.ts';

/** Threads that share the work. A page has one: it would need headers of its host that few hosts send. */
const threadCount = (): number => (inNode ? process.getBuiltinModule('node:os').availableParallelism() : 1);

async function load(): Promise<BackendFacts> {
  const { version_wasm } = await import('@tensorflow/tfjs-backend-wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const threads = threadCount() > 1;
  return {
    id: 'wasm',
    version: `@tensorflow/tfjs-backend-wasm ${version_wasm} (${simd ? 'SIMD' : 'no SIMD'}, ${threads ? 'threads' : '1 thread'})`,
    capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
  };
}

const remedy = `Install the dependencies again: ${reinstall}.`;

let prepared: Promise<void> | undefined;

/** Once in a process, before tfjs makes its backend. */
function prepare(): Promise<void> {
  if (threadCount() === 1) return Promise.resolve();
  prepared ??= import('@tensorflow/tfjs-backend-wasm').then((tfjs) => shareMemory(tfjs, threadCount()));
  return prepared;
}

export const wasm: Backend = {
  id: 'wasm',
  probe: async () => {
    try {
      return { id: 'wasm', available: true, facts: await load() };
    } catch (cause) {
      return { id: 'wasm', available: false, reason: errorLine(cause), remedy };
    }
  },
  open: async () => {
    try {
      const facts = await load();
      await prepare();
      await activate('wasm');
      return {
        id: 'wasm',
        tfjsName: 'wasm',
        facts,
        notes: correct(corrections),
        dispose: () => release('wasm'),
      };
    } catch (cause) {
      throw new UserError(
        'backend/not-available',
        `The wasm backend cannot be opened: ${errorLine(cause)}. ${remedy}`,
        {
          cause,
        },
      );
    }
  },
};
