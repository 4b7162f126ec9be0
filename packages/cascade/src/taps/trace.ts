/** A trace of a session: run phases of a step under it, collect one `BatchTrace` per batch, close it. */
import type { Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import { chooseCounter } from '../health/choose.ts';
import type { HealthCounter } from '../health/gate.ts';
import type { BatchTrace, Phase, TraceLevel } from '../types.ts';
import type { TapFilter } from './filter.ts';
import { createRecorder, type NameOf } from './recorder.ts';
import { type Alter, openTaps } from './taps.ts';

export interface Trace {
  readonly level: TraceLevel;
  /**
   * Runs `fn` as one phase of the current batch and passes on what it returns. `fn` may be asynchronous, and may
   * run another phase inside itself; do not run two side by side. Kernels inside the backward half of `tf.grads` are recorded as phase `backward`.
   */
  run<T>(phase: Phase, fn: () => T): T;
  /** Says of tensors that the current batch made that they are the gradients of these parameters. */
  nameGradients(gradients: Readonly<Record<string, tf.TensorInfo>>): void;
  /** Reads the health of everything since the last call, in one read-back, and starts the next batch. */
  collect(): Promise<BatchTrace>;
  /** Unregisters the taps. The session is left as it was. */
  close(): void;
}

export interface TraceOptions {
  /** Names tensors that no traced kernel produced: weights by their checkpoint name, `input_ids`, ... */
  readonly nameOf?: NameOf;
  /** Called for every top-level kernel in order of execution: a fault injected there is traced like a kernel's own. */
  readonly alter?: Alter;
  /** Which taps count; all, when left out or empty. */
  readonly filters?: readonly TapFilter[];
}

/** The parts of a session that a trace needs; any opened `Session` has them. */
export type TraceableSession = Pick<Session, 'id' | 'tfjsName' | 'lost' | 'errors'> & {
  readonly facts: { readonly capabilities: { readonly strictNumerics: boolean } };
};

/**
 * Opens a trace. Levels `off` and `gate` wrap and register nothing: `run` only calls, `collect` is empty
 * (at `gate` ask `anyNonFinite` about the loss, and run the step again at `health` on a hit).
 *
 * @throws Error when the session is being traced already
 * @example
 * ```ts
 * const trace = openTrace(session, 'health');
 * const loss = trace.run('forward', () => model.loss(batch));
 * const cascade = classifyOps(await trace.collect());
 * trace.close();
 * ```
 */
export function openTrace(session: TraceableSession, level: TraceLevel, options: TraceOptions = {}): Trace {
  const { strictNumerics } = session.facts.capabilities;
  let batch = 0;
  if (level === 'off' || level === 'gate') {
    const source = { backend: session.id, strictNumerics, method: 'none' };
    return {
      level,
      run: (_phase, fn) => fn(),
      nameGradients: () => {},
      collect: () =>
        Promise.resolve({ batch: batch++, level, source, records: [], externals: {}, bytesRead: 0 }),
      close: () => {},
    };
  }
  const counter: HealthCounter = chooseCounter(
    session.id,
    tf.findBackend(session.tfjsName),
    level === 'full',
  );
  const recorder = createRecorder(counter, options.nameOf ?? (() => undefined), options.filters);
  const taps = openTaps(
    session.tfjsName,
    (kernel, inputs, outputs) => recorder.record(kernel, inputs, outputs),
    options.alter,
  );
  const source = { backend: session.id, strictNumerics, method: counter.method };
  return {
    level,
    run(phase, fn) {
      const outer = recorder.phase;
      recorder.phase = phase;
      return taps.run(fn, () => {
        recorder.phase = outer;
      });
    },
    nameGradients: (gradients) => recorder.nameGradients(gradients),
    async collect() {
      const bytesRead = await counter.flush();
      return { batch: batch++, level, source, ...recorder.take(), bytesRead };
    },
    close() {
      taps.close();
      counter.dispose();
    },
  };
}
