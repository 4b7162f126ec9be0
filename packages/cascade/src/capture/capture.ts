/**
 * Keeps chosen kernel calls of a batch: attributes, inputs and outputs. What is wanted is held on the device while the
 * batch runs, at no copy, and read back afterwards, asynchronously.
 */
import type * as tf from '@tensorflow/tfjs';
import type { NameOf } from '../taps/recorder.ts';
import type { TraceableSession } from '../taps/trace.ts';
import type { Phase } from '../types.ts';
import {
  type AttrsJson,
  type Capture,
  type CapturedTensor,
  describeAttrs,
  NotPortable,
  type Source,
} from './attrs.ts';
import { hold, observe, type SeenCall } from './replay.ts';

/** Inputs and outputs of one op; a larger one is refused. */
export const MOST_BYTES = 256 * 2 ** 20;

export interface CaptureOptions {
  /** Calls to keep: keys of records without their output (`callOf`). */
  readonly calls: readonly string[];
  readonly nameOf?: NameOf;
  /** Most bytes of one op, inputs and outputs together. Default: `MOST_BYTES`. */
  readonly mostBytes?: number;
}

export interface OpenCapture {
  run<T>(phase: Phase, fn: () => T): T;
  /** Reads back what was kept, in the order of `calls`; a call that never ran is refused as such. */
  collect(): Promise<Capture[]>;
  /** Unregisters the taps and lets go of what is held. */
  close(): void;
}

interface Held {
  readonly kernel: string;
  readonly attrs: AttrsJson;
  readonly inputs: readonly { readonly name: string; readonly from: Source; readonly tensor: tf.Tensor }[];
  readonly outputs: readonly tf.Tensor[];
}

const sizeOf = ({ shape }: tf.TensorInfo): number => shape.reduce((product, length) => product * length, 1);

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function refusal({ inputs, outputs }: SeenCall, mostBytes: number): string | undefined {
  const all = [...inputs.map(({ tensor }) => tensor), ...outputs];
  const other = all.find(({ dtype }) => dtype === 'string' || dtype === 'complex64');
  if (other) return `it holds a tensor of dtype ${other.dtype}`;
  const bytes = 4 * all.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  if (bytes <= mostBytes) return undefined;
  return `its inputs and outputs are ${mebibytes(bytes)}, above the bound of ${mebibytes(mostBytes)} for one op`;
}

async function read(tensor: tf.Tensor): Promise<CapturedTensor> {
  const values = (await tensor.data()) as CapturedTensor['values'];
  return { shape: [...tensor.shape], dtype: tensor.dtype as CapturedTensor['dtype'], values: values.slice() };
}

/** @throws Error when the session is being traced already */
export function openCapture(
  session: Pick<TraceableSession, 'tfjsName'>,
  options: CaptureOptions,
): OpenCapture {
  const { calls, nameOf = () => undefined, mostBytes = MOST_BYTES } = options;
  const wanted = new Set(calls);
  const found = new Map<string, Held | string>();
  const observation = observe(session.tfjsName, nameOf, (call) => {
    if (!wanted.has(call.key)) return;
    const refused = refusal(call, mostBytes);
    if (refused !== undefined) {
      found.set(call.key, refused);
      return;
    }
    try {
      const attrs = describeAttrs(call.attrs);
      const inputs = call.inputs.map(({ name, from, tensor }) => ({ name, from, tensor: hold(tensor) }));
      found.set(call.key, { kernel: call.kernel, attrs, inputs, outputs: call.outputs.map(hold) });
    } catch (thrown) {
      if (!(thrown instanceof NotPortable)) throw thrown;
      found.set(call.key, thrown.message);
    }
  });
  return {
    run: observation.run,
    async collect() {
      const captures: Capture[] = [];
      for (const key of calls) {
        const held = found.get(key) ?? 'no call of this name ran';
        if (typeof held === 'string') {
          captures.push({ key, refused: held });
          continue;
        }
        const { kernel, attrs } = held;
        const inputs = await Promise.all(
          held.inputs.map(async ({ name, from, tensor }) => ({ name, from, ...(await read(tensor)) })),
        );
        captures.push({ key, kernel, attrs, inputs, outputs: await Promise.all(held.outputs.map(read)) });
      }
      return captures;
    },
    close() {
      observation.close();
      for (const held of found.values()) {
        if (typeof held === 'string') continue;
        for (const { tensor } of held.inputs) tensor.dispose();
        for (const tensor of held.outputs) tensor.dispose();
      }
      found.clear();
    },
  };
}
