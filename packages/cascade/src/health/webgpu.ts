/**
 * Health on WebGPU: one dispatch per tensor into the backend's own command stream, all results in one buffer,
 * one copy and one wait per batch. It binds the tensor's GPU buffer directly: no alias tensor, no pool buffer,
 * nothing that `tf.memory()` would count. WebGPU orders the dispatches, so a tensor may be released right after.
 */

import type * as tf from '@tensorflow/tfjs';
import type { Health } from '../types.ts';
import { countBits } from './bits.ts';
import type { HealthCounter, Measurement } from './gate.ts';
import {
  FULL_WORDS,
  FULL_WORKGROUPS,
  HEALTH_WORDS,
  healthShader,
  WORD,
  WORKGROUP_SIZE,
} from './webgpu-shader.ts';

// Reads the words that the WGSL counter left behind.

const float = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0]!;

function magnitudes(words: Uint32Array, finite: number): Partial<Health> {
  const zero = words[WORD.zero]!;
  const subnormal = words[WORD.subnormal]!;
  if (finite === 0) return { zero, subnormal };
  const ordered = ~words[WORD.min]! >>> 0;
  const minBits = ordered >>> 31 === 1 ? ordered & 0x7fffffff : ~ordered >>> 0;
  const sums = new Float32Array(words.slice(WORD.partialSums, WORD.partialSums + FULL_WORKGROUPS).buffer);
  let sum = 0;
  for (const partial of sums) sum += partial;
  return { zero, subnormal, amax: float(words[WORD.amax]!), min: float(minBits), mean: sum / finite };
}

/** @param words the tensor's words, laid out as `WORD` says */
function healthFromWords(words: Uint32Array, size: number, full: boolean): Health {
  const nan = words[WORD.nan]!;
  const posInf = words[WORD.posInf]!;
  const negInf = words[WORD.negInf]!;
  return {
    size,
    nan,
    posInf,
    negInf,
    ...(nan > 0 && { firstNaN: size - words[WORD.firstNaN]! }),
    ...(posInf + negInf > 0 && { firstInf: size - words[WORD.firstInf]! }),
    ...(full && magnitudes(words, size - nan - posInf - negInf)),
  };
}

/** One character per row from the kinds the counter or-ed together: 1 NaN, 2 infinity. */
function rowsFromWords(words: Uint32Array): string {
  return Array.from(words, (kind) => (kind & 1 ? 'N' : kind & 2 ? 'I' : '.')).join('');
}

/** The members of tfjs's WebGPUBackend (4.22) that its own programs are recorded with. */
interface CommandStream {
  readonly device: GPUDevice;
  readonly tensorMap: { get(id: tf.DataId): { values?: Float32Array | null; resource?: GPUBuffer | null } };
  readonly commandQueueOwnedIds: WeakSet<tf.DataId>;
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** What a GPU session knows of its device's troubles. */
export interface DeviceTrouble {
  readonly lost?: Promise<string>;
  readonly errors?: readonly string[];
}

/** Results of one chunk: 256 KiB, some ten thousand tensors. */
const CHUNK_WORDS = 65536;
/** Parameters of this many dispatches share a buffer. The step is the largest alignment WebGPU may ask for. */
const PARAMETER_SLOTS = 1024;
const PARAMETER_STEP = 256;
const ELEMENTS_PER_INVOCATION = 16;
const MAX_WORKGROUPS = 1024;

interface Chunk {
  readonly buffer: GPUBuffer;
  readonly words: number;
  used: number;
}

interface Pending {
  readonly measurement: Measurement;
  readonly chunk: Chunk;
  readonly base: number;
  readonly size: number;
  readonly rows: number;
}

interface Shader {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** What a device has translated already: it is opened once, traces are opened on it by the hundred. */
const translated = new WeakMap<GPUDevice, Map<boolean, Shader>>();

function shaderOf(device: GPUDevice, full: boolean): Shader {
  const shaders = translated.get(device) ?? new Map<boolean, Shader>();
  translated.set(device, shaders);
  const known = shaders.get(full);
  if (known) return known;
  const pipeline = device.createComputePipeline({
    label: 'nanscope health',
    layout: 'auto',
    compute: { module: device.createShaderModule({ code: healthShader(full) }) },
  });
  const shader = { pipeline, layout: pipeline.getBindGroupLayout(0) };
  shaders.set(full, shader);
  return shader;
}

/**
 * @param backend the instance of tfjs's WebGPUBackend
 * @param trouble the session's `lost` and `errors`: a flush throws rather than hand out zeros of a lost device
 */
export function webgpuCounter(backend: unknown, full: boolean, trouble: DeviceTrouble = {}): HealthCounter {
  const stream = backend as CommandStream;
  const { device } = stream;
  const resultWords = full ? FULL_WORDS : HEALTH_WORDS;
  const { pipeline, layout } = shaderOf(device, full);
  const chunks: Chunk[] = [];
  const parameterBuffers: GPUBuffer[] = [];
  let staging: GPUBuffer | undefined;
  let parametersUsed = 0;
  let pending: Pending[] = [];

  /** A fresh WebGPU buffer is zero, and `flush` leaves every chunk zero again. */
  const chunkFor = (words: number): Chunk => {
    const room = chunks.find((chunk) => chunk.used + words <= chunk.words);
    if (room) return room;
    const size = Math.max(words, CHUNK_WORDS);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const chunk = { buffer: device.createBuffer({ size: size * 4, usage }), words: size, used: 0 };
    chunks.push(chunk);
    return chunk;
  };

  const writeParameters = (values: Uint32Array<ArrayBuffer>): GPUBufferBinding => {
    const which = Math.floor(parametersUsed / PARAMETER_SLOTS);
    const offset = (parametersUsed % PARAMETER_SLOTS) * PARAMETER_STEP;
    parametersUsed++;
    parameterBuffers[which] ??= device.createBuffer({
      size: PARAMETER_SLOTS * PARAMETER_STEP,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    const buffer = parameterBuffers[which];
    device.queue.writeBuffer(buffer, offset, values);
    return { buffer, offset, size: values.byteLength };
  };

  const dispatch = (id: tf.DataId, resource: GPUBuffer, size: number, rowLength: number): Pending => {
    const rows = rowLength > 0 ? size / rowLength : 0;
    const chunk = chunkFor(resultWords + rows);
    const base = chunk.used;
    chunk.used += resultWords + rows;
    const parameters = writeParameters(Uint32Array.of(size, base, rowLength, base + resultWords));
    const group = device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: resource, size: size * 4 } },
        { binding: 1, resource: { buffer: chunk.buffer } },
        { binding: 2, resource: parameters },
      ],
    });
    stream.ensureCommandEncoderReady();
    stream.computePassEncoder ??= stream.commandEncoder!.beginComputePass();
    const pass = stream.computePassEncoder;
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    const wanted = Math.ceil(size / (WORKGROUP_SIZE * ELEMENTS_PER_INVOCATION));
    pass.dispatchWorkgroups(Math.min(wanted, full ? FULL_WORKGROUPS : MAX_WORKGROUPS));
    // Keeps the buffer out of the pool until these commands are submitted.
    stream.commandQueueOwnedIds.add(id);
    return { measurement: {}, chunk, base, size, rows };
  };

  const finish = (words: Map<Chunk, Uint32Array>) => {
    for (const { measurement, chunk, base, size, rows } of pending) {
      const mine = words.get(chunk)!;
      measurement.health = healthFromWords(mine.subarray(base, base + resultWords), size, full);
      const rowBase = base + resultWords;
      if (rows > 0) measurement.rows = rowsFromWords(mine.subarray(rowBase, rowBase + rows));
    }
    for (const chunk of chunks) chunk.used = 0;
    parametersUsed = 0;
    pending = [];
  };

  const throwIfTroubled = () => {
    if (trouble.errors?.length) throw new Error(`The GPU device reported an error: ${trouble.errors[0]}`);
  };

  return {
    method: 'bits on the device',
    measure(tensor, rowLength = 0) {
      const { values, resource } = stream.tensorMap.get(tensor.dataId);
      if (values) return countBits(values, { rowLength, full });
      const size = tensor.shape.reduce((product, length) => product * length, 1);
      if (size === 0) return countBits(new Float32Array(0), { full });
      if (!(resource instanceof GPUBuffer)) return {};
      const started = dispatch(tensor.dataId, resource, size, rowLength);
      pending.push(started);
      return started.measurement;
    },
    async flush() {
      const used = chunks.filter((chunk) => chunk.used > 0);
      const bytes = used.reduce((sum, chunk) => sum + chunk.used * 4, 0);
      if (bytes === 0) return 0;
      if (!staging || staging.size < bytes) {
        staging?.destroy();
        staging = device.createBuffer({
          size: bytes,
          usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
        });
      }
      stream.ensureCommandEncoderReady();
      stream.endComputePassEncoder();
      let offset = 0;
      for (const { buffer, used: words } of used) {
        stream.commandEncoder!.copyBufferToBuffer(buffer, 0, staging, offset, words * 4);
        stream.commandEncoder!.clearBuffer(buffer, 0, words * 4);
        offset += words * 4;
      }
      stream.submitQueue();
      const lost = trouble.lost?.then((reason) =>
        Promise.reject(new Error(`The GPU device was lost: ${reason}`)),
      );
      await Promise.race([staging.mapAsync(GPUMapMode.READ, 0, bytes), ...(lost ? [lost] : [])]);
      const all = new Uint32Array(staging.getMappedRange(0, bytes).slice(0));
      staging.unmap();
      throwIfTroubled();
      const words = new Map<Chunk, Uint32Array>();
      let at = 0;
      for (const chunk of used) {
        words.set(chunk, all.subarray(at, at + chunk.used));
        at += chunk.used;
      }
      finish(words);
      return bytes;
    },
    dispose() {
      for (const { buffer } of chunks) buffer.destroy();
      for (const buffer of parameterBuffers) buffer.destroy();
      staging?.destroy();
    },
  };
}
