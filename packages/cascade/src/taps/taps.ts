/**
 * Wraps every kernel of a backend: each is registered once more under `{name}-traced`, for the same backend
 * instance, with a function that reports what went in and what came out. Making the first name active again
 * makes tracing cost nothing at all. What is done with a report is the recorder's business (recorder.ts).
 */
import { beginWork, tappedName } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';

/** Called after a top-level kernel ran. Kernels that a kernel runs inside itself are not reported. */
export type OnKernel = (
  kernel: string,
  inputs: tf.NamedTensorInfoMap,
  outputs: readonly tf.TensorInfo[],
  attrs: tf.NamedAttrMap | undefined,
) => void;

/**
 * Gives the outputs that take the place of a top-level kernel's own, which it then has to release. For fault
 * injection: what it runs itself is not reported, what it returns is.
 */
export type Alter = (outputs: readonly tf.TensorInfo[]) => readonly tf.TensorInfo[];

export interface Taps {
  /** Runs `fn` with the taps active; what it returns, or resolves to, is passed through. Then calls `done`. */
  run<T>(fn: () => T, done: () => void): T;
  /** Unregisters everything. */
  close(): void;
}

/** The parts of the tfjs engine that the registry functions do not cover. */
interface EngineRegistry {
  readonly registry: Record<string, tf.KernelBackend>;
  readonly registryFactory: Record<string, unknown>;
  readonly backendInstance: tf.KernelBackend;
  backendName: string;
}

/**
 * Between two names of one instance only the name changes. tfjs's own switch would go through the kernels of all backends and set up
 * each of this one again, several times a batch.
 */
function activate(engine: EngineRegistry, name: string): void {
  if (engine.registry[name] === engine.backendInstance) engine.backendName = name;
  // The engine switches within the call when the backend is ready, which an opened session's is.
  else void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new Error(`tfjs did not switch to the backend ${name}.`);
}

/** How many kernels of a backend are registered a second time, for tracing: 0 while nothing is wrapped. */
export function wrappedKernels(backendName: string): number {
  return tf.getKernelsForBackend(tappedName(backendName)).length;
}

/**
 * Takes the kernels as they are registered now: kernels defined later are seen by the next call.
 *
 * @param backendName the name of an initialised backend in the tfjs registry
 */
export function openTaps(backendName: string, onKernel: OnKernel, alter?: Alter): Taps {
  beginWork();
  const engine = tf.engine() as unknown as EngineRegistry;
  const instance = tf.findBackend(backendName);
  if (!instance) throw new Error(`There is no backend ${backendName} in the tfjs registry.`);
  const traced = tappedName(backendName);
  if (engine.registryFactory[traced])
    throw new Error(`${backendName} is being traced already: close that trace first.`);

  let depth = 0;
  const kernels = tf.getKernelsForBackend(backendName);
  for (const { kernelName, kernelFunc } of kernels) {
    tf.registerKernel({
      kernelName,
      backendName: traced,
      kernelFunc: (call) => {
        depth++;
        try {
          const result = kernelFunc(call);
          if (depth > 1) return result;
          // Still inside: a kernel that the measuring itself runs is not reported.
          const own = Array.isArray(result) ? result : [result];
          const outputs = alter ? [...alter(own)] : own;
          onKernel(kernelName, call.inputs, outputs, call.attrs);
          return Array.isArray(result) ? outputs : outputs[0]!;
        } finally {
          depth--;
        }
      },
    });
  }
  tf.registerBackend(traced, () => instance);
  engine.registry[traced] = instance;

  return {
    run(fn, done) {
      const before = tf.getBackend();
      activate(engine, traced);
      const back = () => {
        activate(engine, before);
        done();
      };
      let result: ReturnType<typeof fn>;
      try {
        result = fn();
      } catch (thrown) {
        back();
        throw thrown;
      }
      if (result instanceof Promise) return result.finally(back) as typeof result;
      back();
      return result;
    },
    close() {
      for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, traced);
      // Not tf.removeBackend: it would dispose the instance, which the session goes on using.
      delete engine.registry[traced];
      delete engine.registryFactory[traced];
    },
  };
}
