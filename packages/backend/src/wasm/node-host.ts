/** Threads of the wasm backend in Node: worker threads, and tfjs's files from where the package is installed. */
import type { Factory, WasmHost } from './host.ts';

/** Emscripten rethrows what nobody caught, from listeners of its own: Node's own report says more. */
function withoutListeners(factory: Factory): Factory {
  return async (options) => {
    const before = (['uncaughtException', 'unhandledRejection'] as const).map(
      (event) => [event, process.rawListeners(event)] as const,
    );
    try {
      return await factory(options);
    } finally {
      for (const [event, known] of before) {
        for (const listener of process.rawListeners(event)) {
          if (!known.includes(listener)) process.removeListener(event, listener as () => void);
        }
      }
    }
  };
}

export const nodeHost: WasmHost = {
  threads: () => ({ count: process.getBuiltinModule('node:os').availableParallelism() }),
  async build() {
    const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
    const { readFileSync } = process.getBuiltinModule('node:fs');
    const file = (extension: string) =>
      require.resolve(`@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.${extension}`);
    return { factory: withoutListeners(require(file('js')) as Factory), binary: readFileSync(file('wasm')) };
  },
  start(source, given) {
    const { Worker } = process.getBuiltinModule('node:worker_threads');
    const program = `const { workerData: given } = require('node:worker_threads');\n${source}`;
    new Worker(program, { eval: true, workerData: given }).unref();
  },
};
