/**
 * The `wasm` backend: SIMD, one thread in Node (the threaded build needs web workers), the CPU backend of a
 * machine with nothing installed. The kernels it lacks or has wrong about NaN are in `corrections.ts`.
 */

import { errorLine, reinstall, UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import { activate, release } from '../registry.ts';
import { corrections } from './corrections.ts';

async function load(): Promise<BackendFacts> {
  const { version_wasm } = await import('@tensorflow/tfjs-backend-wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  const threads = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
  return {
    id: 'wasm',
    version: `@tensorflow/tfjs-backend-wasm ${version_wasm} (${simd ? 'SIMD' : 'no SIMD'}, ${threads ? 'threads' : '1 thread'})`,
    capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
  };
}

const remedy = `Install the dependencies again: ${reinstall}.`;

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
        `The wasm backend can not be opened: ${errorLine(cause)}. ${remedy}`,
        {
          cause,
        },
      );
    }
  },
};
