/**
 * Other people's kernels: the attention operators of onnxruntime-node under the suite. An optional dependency, loaded
 * when it is asked for. Its policy is the one that ONNX states; what it does otherwise shows as cases that fail.
 */

import { errorLine, install, UserError } from '@nanscope/errors';
import { type SafetensorsTensor, toFloat32 } from '@nanscope/safetensors';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  type AttentionImplementation,
  type AttentionNumbers,
  type AttentionProblem,
  Refused,
} from '../../case.ts';
import { isOperatorsCausal, type OnnxruntimeOperator, type OperatorCall } from './call.ts';
import { attentionCall, multiHeadCall, multiHeadRefuses } from './operators.ts';
import { writeModel } from './write-model.ts';

/** The execution provider: its own CPU kernels, or its own WebGPU ones. */
export type Provider = 'cpu' | 'webgpu';

export interface Onnxruntime extends AttentionImplementation {
  readonly forwardOnly: true;
  /** `onnxruntime-node 1.30.0, CPU`. */
  readonly version: string;
}

/** @throws UserError `conform/no-onnxruntime` (exit 3) where the package, or the provider in it, is not there */
export async function onnxruntimeImplementation(
  id: OnnxruntimeOperator,
  provider: Provider,
): Promise<Onnxruntime> {
  const ort = await load();
  const found = ort.listSupportedBackends().map(({ name }) => name);
  if (!found.includes(provider)) {
    throw new UserError(
      'conform/no-onnxruntime',
      `onnxruntime-node has no provider ${provider} on this platform, only ${found.join(', ')}. Use --device cpu.`,
    );
  }
  return {
    id,
    forwardOnly: true,
    version: `onnxruntime-node ${ort.env.versions.node ?? ort.env.versions.common}, ${provider === 'cpu' ? 'CPU' : 'WebGPU'}`,
    refuses: (problem, wanted) =>
      refusal(id, problem) ??
      (wanted.stages.length > 1 ? 'the operator gives one stage at a time' : undefined) ??
      (id === 'onnxruntime-mha' ? multiHeadRefuses(problem, wanted) : undefined),
    run: (problem, wanted) =>
      call(ort, provider, id === 'onnxruntime' ? attentionCall(problem, wanted) : multiHeadCall(problem)),
  };
}

type Library = typeof import('onnxruntime-node');

async function load(): Promise<Library> {
  try {
    const module = await import('onnxruntime-node');
    return (module as Library & { default?: Library }).default ?? module;
  } catch (error) {
    throw new UserError(
      'conform/no-onnxruntime',
      `onnxruntime-node cannot be loaded (${errorLine(error)}). Install it: ${install('onnxruntime-node@1.30.0')}`,
      { cause: error },
    );
  }
}

/** The finite number that MultiHeadAttention puts where `unidirectional` blocks. */
const FILTER = -10_000;

/** What the operators state: -inf, AND, zeros for a fully masked row. `safe` asks for more than they promise, and may be asked. */
function refusal(id: OnnxruntimeOperator, problem: AttentionProblem): string | undefined {
  const { policy, node } = problem;
  if (problem.sinks) return 'the operator has no sinks';
  if (node && id === 'onnxruntime') return undefined;
  if (id === 'onnxruntime-mha' && policy.fill.value === FILTER && isOperatorsCausal(problem))
    return undefined;
  if (policy.computeDtype === 'f16') return 'float16 is only asked of it by vectors';
  const stated =
    policy.fill.value === Number.NEGATIVE_INFINITY && policy.compose === 'and' && policy.rowGuard === 'zeros';
  return stated ? undefined : `the operator has one policy, and it is not ${policy.name}`;
}

async function call(ort: Library, provider: Provider, asked: OperatorCall): Promise<AttentionNumbers> {
  const session = await sessionFor(ort, provider, asked);
  try {
    const feeds = Object.fromEntries(
      session.inputNames.map((name) => [name, ortTensor(ort, asked.feeds[name]!)]),
    );
    const outputs = await session.run(feeds);
    return asked.read(
      Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, numbersOf(value as Tensor)])),
    );
  } catch (error) {
    throw refusedOr(error);
  } finally {
    await session.release();
  }
}

async function sessionFor(
  ort: Library,
  provider: Provider,
  { graph }: OperatorCall,
): Promise<InferenceSession> {
  try {
    return await ort.InferenceSession.create(writeModel(graph), {
      executionProviders: [provider],
      // Warnings go to the terminal otherwise; errors are thrown.
      logSeverityLevel: 4,
      // What the provider does not have is refused, not run elsewhere.
      ...(provider !== 'cpu' && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
    });
  } catch (error) {
    throw refusedOr(error);
  }
}

/** What it says of an operator, a version or a combination of inputs that it does not have. */
const absent =
  /not.?implemented|not supported|unsupported|could not find an implementation|official released onnx opset|unrecognized attribute|assigned to the default CPU EP|provider type for .* is not set/i;

/** What is not implemented is refused by name; anything else is a failure. */
function refusedOr(error: unknown): Error {
  // The place in its sources, and the condition there, are left out.
  const line = errorLine(error)
    .replace(/^.*\/onnxruntime_src\/\S+ /, '')
    .replace(/^.* was false\. /, '');
  return absent.test(line)
    ? new Refused(`onnxruntime: ${line.slice(0, 240)}`)
    : new Error(line.slice(0, 240));
}

const types: Partial<
  Record<SafetensorsTensor['dtype'], readonly [Tensor.Type, (buffer: ArrayBuffer) => Tensor.DataType]>
> = {
  F32: ['float32', (buffer) => new Float32Array(buffer)],
  F16: ['float16', (buffer) => new Uint16Array(buffer)],
  F64: ['float64', (buffer) => new Float64Array(buffer)],
  I64: ['int64', (buffer) => new BigInt64Array(buffer)],
  I32: ['int32', (buffer) => new Int32Array(buffer)],
  BOOL: ['bool', (buffer) => new Uint8Array(buffer)],
};

function ortTensor(ort: Library, { dtype, shape, data }: SafetensorsTensor): Tensor {
  const type = types[dtype];
  if (!type) throw new Refused(`onnxruntime-node takes no ${dtype} from JavaScript`);
  // Copied: bytes of a file may begin anywhere.
  return new ort.Tensor(type[0], type[1](Uint8Array.from(data).buffer) as never, shape);
}

function numbersOf({ type, data, dims }: Tensor): Float32Array {
  if (type === 'float32') return Float32Array.from(data as Float32Array);
  const bytes = data as Uint16Array | Float64Array;
  const dtype = type === 'float16' ? 'F16' : type === 'float64' ? 'F64' : undefined;
  if (!dtype) throw new Refused(`onnxruntime gave ${type}`);
  const copy = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
  return toFloat32({ dtype, shape: dims, data: copy });
}
