/**
 * The `wasm` backend: SIMD, on all cores in Node and in a page that is cross-origin isolated, else on one; the CPU backend of a
 * machine with nothing installed. The kernels it lacks or has wrong about NaN are in `corrections.ts`.
 */

import { errorLine, reinstall, UserError } from '@nanscope/errors';
import * as tf from '@tensorflow/tfjs';
import type { Backend, BackendFacts } from '../backend.ts';
import { correct } from '../corrections/correction.ts';
import { activate, release } from '../kernels.ts';
import { inNode } from '../runtime.ts';
import { corrections } from './corrections.ts';
import { nodeHost } from './node-host.ts';
import { pageHost } from './page-host.ts';
import { newMemory, shareMemory } from './shared.ts';

const host = inNode ? nodeHost : pageHost;

/** Threads that share the work, and their memory; or why there is one alone, where that needs a word. */
type Sharing =
  | { readonly count: number; readonly memory: WebAssembly.Memory }
  | { readonly why: string | undefined };

function decide(): Sharing {
  const { count, why } = host.threads();
  if (count === 1) return { why };
  try {
    return { count, memory: newMemory() };
  } catch (cause) {
    return { why: `there is no memory that threads can share (${errorLine(cause)})` };
  }
}

let decided: Sharing | undefined;

/** Decided once in a process. */
function sharing(): Sharing {
  decided ??= decide();
  return decided;
}

function threadWords(how: Sharing): string {
  if ('memory' in how) return 'threads';
  return how.why === undefined ? '1 thread' : `1 thread: ${how.why}`;
}

async function load(): Promise<BackendFacts> {
  const { version_wasm } = await import('@tensorflow/tfjs-backend-wasm');
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    id: 'wasm',
    version: `@tensorflow/tfjs-backend-wasm ${version_wasm} (${simd ? 'SIMD' : 'no SIMD'}, ${threadWords(sharing())})`,
    capabilities: { gpu: false, shaderF16: false, subgroups: false, strictNumerics: true },
  };
}

const remedy = `Install the dependencies again: ${reinstall}.`;

let prepared: Promise<void> | undefined;

/** Where threads do not come about, one computes, and the facts say why. */
async function share({ count, memory }: Extract<Sharing, { memory: object }>): Promise<void> {
  try {
    const why = await shareMemory(await import('@tensorflow/tfjs-backend-wasm'), memory, count, host);
    if (why !== undefined) decided = { why };
  } catch (cause) {
    decided = { why: errorLine(cause) };
  }
}

/** Once in a process, before tfjs makes its backend. */
function prepare(): Promise<void> {
  const how = sharing();
  prepared ??= 'memory' in how ? share(how) : Promise.resolve();
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
      await prepare();
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
        `The wasm backend cannot be opened: ${errorLine(cause)}. ${remedy}`,
        {
          cause,
        },
      );
    }
  },
};
