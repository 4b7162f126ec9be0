/**
 * The wasm backend over memory that threads share: tfjs's own threaded build, opened by us, because tfjs finds no
 * threads in Node. Its kernels stay on the caller's thread; ours share theirs (threads.ts). For Node only.
 */
import * as tf from '@tensorflow/tfjs';
import { type KernelExports, kernelBytes, shareThreads } from './memory.ts';
import { openThreads } from './threads.ts';

/** The part of an Emscripten module that a backend is made of. */
interface EmscriptenModule {
  _malloc(bytes: number): number;
  cwrap(name: string, result: string | null, parameters: string[]): (...words: number[]) => number;
  tfjs?: Record<string, (...words: number[]) => number>;
}

type Receive = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

type Factory = (options: {
  readonly wasmMemory: WebAssembly.Memory;
  locateFile(path: string): string;
  instantiateWasm(imports: WebAssembly.Imports, receive: Receive): object;
}) => Promise<EmscriptenModule>;

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

async function openModule(wasmMemory: WebAssembly.Memory): Promise<EmscriptenModule> {
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const file = (extension: string) =>
    require.resolve(`@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.${extension}`);
  const factory = require(file('js')) as Factory;
  const before = (globalThis as { Worker?: unknown }).Worker;
  const listeners = (['uncaughtException', 'unhandledRejection'] as const).map(
    (event) => [event, process.rawListeners(event)] as const,
  );
  try {
    return await factory({
      wasmMemory,
      locateFile: (path) => {
        // Asked for right before each worker is made, after Emscripten has put Node's class there.
        if (path.endsWith('.worker.js')) Object.assign(globalThis, { Worker: IdleWorker });
        return path;
      },
      instantiateWasm: (imports, receive) => {
        void WebAssembly.instantiate(readFileSync(file('wasm')), imports).then(({ instance, module }) =>
          receive(instance, module),
        );
        return {};
      },
    });
  } finally {
    Object.assign(globalThis, { Worker: before });
    // Emscripten rethrows what nobody caught, from listeners of its own: Node's own report says more.
    for (const [event, known] of listeners) {
      for (const listener of process.rawListeners(event)) {
        if (!known.includes(listener)) process.removeListener(event, listener as () => void);
      }
    }
  }
}

/** Pages of 64 KiB: what Emscripten begins with, and all that 32 bits can name. */
const pages = { initial: 256, maximum: 65536 } as const;

/**
 * Makes the wasm backend of tfjs one with shared memory. Before it is first used.
 *
 * @param tfjs The package of tfjs's wasm backend.
 * @param size Threads, the caller's included; 2 or more.
 */
export async function shareMemory(
  tfjs: typeof import('@tensorflow/tfjs-backend-wasm'),
  size: number,
): Promise<void> {
  const memory = new WebAssembly.Memory({ ...pages, shared: true });
  const module = await openModule(memory);
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  tfjs.setThreadsCount(1);
  const backend = new tfjs.BackendWasm(module as never);
  tf.removeBackend('wasm');
  tf.registerBackend('wasm', () => backend, 2);
  const kernels = new WebAssembly.Module(kernelBytes(true));
  const { scratchBytes } = new WebAssembly.Instance(kernels, { env: { memory } })
    .exports as unknown as KernelExports;
  const allocate = (bytes: number) => module._malloc(bytes);
  shareThreads(memory, openThreads(size, kernels, memory, allocate, scratchBytes()));
}
