/**
 * What the wasm backend's threads need of the place that they run in. Node's answer is in node-host.ts, a page's in page-host.ts;
 * whatever else the threads do is the same in both.
 */

/** The part of an Emscripten module that a backend is made of. */
export interface EmscriptenModule {
  _malloc(bytes: number): number;
  cwrap(name: string, result: string | null, parameters: string[]): (...words: number[]) => number;
  tfjs?: Record<string, (...words: number[]) => number>;
}

type Receive = (instance: WebAssembly.Instance, module: WebAssembly.Module) => void;

export type Factory = (options: {
  readonly wasmMemory: WebAssembly.Memory;
  locateFile(path: string): string;
  instantiateWasm(imports: WebAssembly.Imports, receive: Receive): object;
}) => Promise<EmscriptenModule>;

export interface WasmHost {
  /** How many threads may share the work, the caller's included; and why there is but one where the machine has more. */
  threads(): { readonly count: number; readonly why?: string };
  /** The two files of tfjs's threaded build. */
  build(): Promise<{ readonly factory: Factory; readonly binary: BufferSource }>;
  /** Runs source text in a thread of its own, with what it is `given` under that name. The thread keeps nobody from ending. */
  start(source: string, given: object): void;
  /**
   * Where a thread begins only while whoever started it is idle, as in a browser: waits until all run that were started, or until that
   * has taken too long, and says why where none does. Elsewhere they start with the first job: a process that has none, as one that
   * only probes, is spared them.
   */
  started?(): Promise<string | undefined>;
}
