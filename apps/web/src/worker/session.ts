/** A task's backend, opened; a device that is lost ends the worker and says so. */
import { type Backend, builtinBackend, type Session, setThreadedBuild } from '@nanscope/backend';
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { env } from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import type { Say } from './tasks.ts';

// The backends of a page, by id. Native TensorFlow is none of them: it says so itself when it is asked.

/** The backend opens the threaded build itself where the page is isolated; TensorFlow.js, which would start workers of its own for it, does not. */
function prepareWasm(): void {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
  setThreadedBuild(new URL(threaded, import.meta.url).href);
}

/** @throws {UserError} `device/unknown-backend` */
export function backendOf(id: string): Backend {
  const backend = builtinBackend(id);
  if (!backend) throw new UserError('device/unknown-backend', `Backend "${id}": expected one of ours.`);
  if (id === 'wasm') prepareWasm();
  return backend;
}

export async function openSession({ backend }: Pick<Decision, 'backend'>, say: Say): Promise<Session> {
  say({ kind: 'loading', what: `opening ${backend}` });
  const session = await backendOf(backend).open();
  session.lost?.then((reason) => say({ kind: 'device-lost', reason }));
  return session;
}
