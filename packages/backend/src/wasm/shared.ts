/**
 * The wasm backend over memory that threads share: tfjs's own threaded build, opened by us, because tfjs finds no
 * threads in Node and would start Emscripten's in a page. Its kernels stay on the caller's thread; ours share theirs (threads.ts).
 */
import * as tf from '@tensorflow/tfjs';
import type { EmscriptenModule, WasmHost } from './host.ts';
import { type KernelExports, kernelBytes, shareThreads } from './memory.ts';
import { openThreads } from './threads.ts';

/**
 * Emscripten starts eight workers before it begins, for threads that nothing of ours asks for. This one says that it is
 * ready, and is never asked for more.
 */
class IdleWorker {
  onmessage: ((event: { data: object }) => void) | undefined;
  on(): void {}
  unref(): void {}
  terminate(): void {}
  postMessage({ cmd }: { cmd?: string }): void {
    if (cmd === 'load') queueMicrotask(() => this.onmessage?.({ data: { cmd: 'loaded' } }));
  }
}

async function openModule(wasmMemory: WebAssembly.Memory, host: WasmHost): Promise<EmscriptenModule> {
  const { factory, binary } = await host.build();
  const before = (globalThis as { Worker?: unknown }).Worker;
  try {
    return await new Promise<EmscriptenModule>((resolve, reject) => {
      factory({
        wasmMemory,
        locateFile: (path) => {
          // Asked for right before each worker is made, after Emscripten has put Node's class there.
          if (path.endsWith('.worker.js')) Object.assign(globalThis, { Worker: IdleWorker });
          return path;
        },
        instantiateWasm: (imports, receive) => {
          WebAssembly.instantiate(binary, imports)
            .then(({ instance, module }) => receive(instance, module))
            .catch(reject);
          return {};
        },
      }).then(resolve, reject);
    });
  } finally {
    Object.assign(globalThis, { Worker: before });
  }
}

/** Pages of 64 KiB: what Emscripten begins with, and all that 32 bits can name. @throws {RangeError} where there is no place for that */
export const newMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });

/**
 * Makes the wasm backend of tfjs one with shared memory. Before it is first used.
 *
 * @param tfjs The package of tfjs's wasm backend.
 * @param memory One of `newMemory`.
 * @param size Threads, the caller's included; 2 or more.
 * @returns why the caller's is the only one all the same, where it is
 */
export async function shareMemory(
  tfjs: typeof import('@tensorflow/tfjs-backend-wasm'),
  memory: WebAssembly.Memory,
  size: number,
  host: WasmHost,
): Promise<string | undefined> {
  const module = await openModule(memory, host);
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  const kernels = new WebAssembly.Module(kernelBytes(true));
  const { scratchBytes } = new WebAssembly.Instance(kernels, { env: { memory } })
    .exports as unknown as KernelExports;
  tfjs.setThreadsCount(1);
  const backend = new tfjs.BackendWasm(module as never);
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => backend, 2);
  const allocate = (bytes: number) => module._malloc(bytes);
  const pool = openThreads(size, host.start, kernels, memory, allocate, scratchBytes());
  shareThreads(memory, pool);
  if (!host.started) return undefined;
  pool.start();
  return host.started();
}
