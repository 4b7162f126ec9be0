/**
 * Threads that share the calls of a kernel, over one shared memory. A job is a list of calls; whoever is free takes the next one,
 * the caller too, who then waits until all are done. A thread that is still starting is waited for by nobody.
 */
import type { WasmHost } from './host.ts';

/** The kernels that can be called, by the number a thread knows them by. */
const names = [
  'product',
  'narrowProduct',
  'attentionForward',
  'attentionBackward',
  'geluNew',
  'geluNewGrad',
  'rowArgmax',
  'rowExponentials',
  'rowMaxima',
  'exponential',
  'sigmoid',
  'siluGrad',
  'adamWStep',
  'layerNorm',
  'layerNormGrad',
  'rmsNorm',
  'rmsNormGrad',
  'selectMasked',
  'columnSums',
  'rowSums',
  'squareSums',
  'compareRows',
  'logicRows',
  'gatherRows',
  'transposeRows',
  'nonFinite',
  'countNonFinite',
] as const;

export type KernelName = (typeof names)[number];

export interface Call {
  readonly kernel: KernelName;
  /** Integers; the scratch memory of whoever runs it follows as the last argument. */
  readonly words: readonly number[];
}

/** The control block, as words of 32 bits: what is left to take, what is done, what to wait on, what went wrong; then the calls. */
const LEFT = 0;
const DONE = 1;
const BELL = 2;
const FAILED = 3;
const CALLS = 4;
/** Words of a call: its kernel, how many arguments, and they. */
const STRIDE = 18;
/** Calls of one round; a longer job is run in several. */
const MOST = 1024;

/** What a thread does with what it is `given`, as source text: it has to start from a bundle, too. */
const source = `
const { module, memory, control, names } = given;
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
const words = new Int32Array(memory.buffer, control.at, control.length);
const scratch = control.scratch;
for (;;) {
  const bell = Atomics.load(words, ${BELL});
  for (let left; (left = Atomics.sub(words, ${LEFT}, 1)) > 0; ) {
    const at = ${CALLS} + (left - 1) * ${STRIDE};
    try {
      kernels[names[words[at]]](...words.subarray(at + 2, at + 2 + words[at + 1]), scratch);
    } catch {
      Atomics.store(words, ${FAILED}, 1);
    }
    Atomics.add(words, ${DONE}, 1);
    Atomics.notify(words, ${DONE});
  }
  Atomics.wait(words, ${BELL}, bell);
}`;

export interface ThreadPool {
  /** The caller's included. */
  readonly size: number;
  /** Starts the others; the first job does where nobody has. */
  start(): void;
  run(calls: readonly Call[], call: (one: Call) => void): void;
}

/**
 * @param startThread As the place does it that they run in.
 * @param module Our kernels, for shared memory.
 * @param allocate Reserves bytes in the memory, for good.
 * @param scratchBytes What a thread needs for itself.
 */
export function openThreads(
  size: number,
  startThread: WasmHost['start'],
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  allocate: (bytes: number) => number,
  scratchBytes: number,
): ThreadPool {
  const length = CALLS + MOST * STRIDE;
  const at = allocate(4 * length);
  // A shared memory that grows has a new buffer, and the old one still shows the same bytes.
  const words = new Int32Array(memory.buffer, at, length);
  words.fill(0);
  const scratches = Array.from({ length: size - 1 }, () => allocate(scratchBytes));
  let started = false;
  const start = () => {
    if (started) return;
    started = true;
    for (const scratch of scratches) {
      startThread(source, { module, memory, control: { at, length, scratch }, names });
    }
  };
  const round = (calls: readonly Call[], call: (one: Call) => void): void => {
    calls.forEach(({ kernel, words: its }, index) => {
      words.set([names.indexOf(kernel), its.length, ...its], CALLS + index * STRIDE);
    });
    Atomics.store(words, DONE, 0);
    Atomics.store(words, LEFT, calls.length);
    Atomics.add(words, BELL, 1);
    Atomics.notify(words, BELL);
    for (let left = Atomics.sub(words, LEFT, 1); left > 0; left = Atomics.sub(words, LEFT, 1)) {
      call(calls[left - 1]!);
      Atomics.add(words, DONE, 1);
    }
    for (let done = Atomics.load(words, DONE); done < calls.length; done = Atomics.load(words, DONE))
      Atomics.wait(words, DONE, done);
    if (Atomics.load(words, FAILED) !== 0)
      throw new Error('A thread of the wasm backend failed in a kernel.');
  };
  return {
    size,
    start,
    run: (calls, call) => {
      start();
      for (let from = 0; from < calls.length; from += MOST) round(calls.slice(from, from + MOST), call);
    },
  };
}
