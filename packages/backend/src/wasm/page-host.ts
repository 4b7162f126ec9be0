/**
 * Threads of the wasm backend in a page: workers of the worker that computes. They need memory that threads share, which a browser gives
 * to a page that is cross-origin isolated, and to no other.
 */
import { errorLine } from '@nanscope/errors';
import type { Factory, WasmHost } from './host.ts';

let binaryUrl: string | undefined;

/** Says where the page keeps tfjs's `tfjs-backend-wasm-threaded-simd.wasm`. Without it the wasm backend computes on one thread. */
export function setThreadedBuild(url: string): void {
  binaryUrl = url;
}

/** What keeps this page from using more than one thread. */
function obstacle(): string | undefined {
  if (binaryUrl === undefined) return 'the page does not say where the build for threads lies';
  if (!globalThis.crossOriginIsolated) return 'the page is not cross-origin isolated';
  if (typeof document !== 'undefined') return 'outside of a worker nobody may wait for a thread';
  if (typeof Worker === 'undefined') return 'this browser has no workers of workers';
  return undefined;
}

/** How long a backend that opens waits for its threads. Those that come later work all the same, once the lane is idle for a moment. */
const PATIENCE_MS = 2000;

const starting: Promise<void>[] = [];
let running = 0;
let refusal: string | undefined;

/** One text for all threads, which lives as long as whoever starts them. */
let program: { readonly source: string; readonly url: string } | undefined;

function urlOf(source: string): string {
  if (program?.source !== source) {
    const text = `'use strict';\nonmessage = ({ data: given }) => { postMessage('here');${source}\n};`;
    program = { source, url: URL.createObjectURL(new Blob([text], { type: 'text/javascript' })) };
  }
  return program.url;
}

export const pageHost: WasmHost = {
  threads() {
    const count = navigator.hardwareConcurrency || 1;
    const why = count > 1 ? obstacle() : undefined;
    return why === undefined ? { count } : { count: 1, why };
  },
  async build() {
    const [{ default: factory }, response] = await Promise.all([
      import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js'),
      fetch(binaryUrl!),
    ]);
    if (!response.ok)
      throw new Error(`${binaryUrl}: expected the build for threads, found ${response.status}`);
    return { factory: factory as unknown as Factory, binary: await response.arrayBuffer() };
  },
  start(source, given) {
    // From a blob, which inherits the page's policies, as the page's own workers do.
    let worker: Worker;
    try {
      worker = new Worker(urlOf(source), { name: 'nanscope thread' });
    } catch (cause) {
      refusal = errorLine(cause);
      return;
    }
    worker.onerror = (event) => {
      throw new Error(`A thread of the wasm backend failed: ${event.message || 'it could not be loaded'}`);
    };
    starting.push(
      new Promise((resolve) =>
        worker.addEventListener('message', () => resolve(void running++), { once: true }),
      ),
    );
    worker.postMessage(given);
  },
  async started() {
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([Promise.all(starting), late]);
    if (running > 0) return undefined;
    return refusal === undefined
      ? `no thread began within ${PATIENCE_MS / 1000} s`
      : `the browser refused a thread (${refusal})`;
  },
};
