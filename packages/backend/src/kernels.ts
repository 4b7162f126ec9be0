/**
 * How nanscope adds a numeric kernel that TensorFlow.js lacks: one name, one implementation per kind of
 * memory. This file registers; the kernels themselves live beside the op they implement, in the package
 * that needs them. A backend without an implementation (a third-party one) runs the op composed from
 * ordinary tfjs ops: ask `hasKernel` first.
 */
import * as tf from '@tensorflow/tfjs';
import {
  type HostTensor,
  handles,
  hostMemory,
  type KernelImplementations,
  type NativeTensorflow,
  type WebgpuBackend,
} from './host-memory.ts';
import { wasmMemory } from './wasm/memory.ts';

function mapInputs(
  inputs: tf.NamedTensorInfoMap,
  view: (info: tf.TensorInfo) => HostTensor,
): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, info]) => (info ? [[name, view(info)]] : [])),
  );
}

/** Set in a bundle alone (apps/cli/scripts/make-bundle.mjs): TensorFlow.js is loaded there when it is first asked for something. */
declare const NANSCOPE_LATE: true;

/** What waits for TensorFlow.js; undefined once it is at work here. */
let waiting: (() => void)[] | undefined = typeof NANSCOPE_LATE === 'undefined' ? undefined : [];

/**
 * Registers something with TensorFlow.js: at once, but in the bundle of the command line when it is first at work. What only leads the lanes
 * imports the same modules and needs none of it, and loading it takes half a second.
 */
export function whenAtWork(register: () => void): void {
  if (waiting) waiting.push(register);
  else register();
}

/** TensorFlow.js is at work here from now on. */
export function beginWork(): void {
  const registers = waiting ?? [];
  waiting = undefined;
  for (const register of registers) register();
}

export const defineGradient = (gradient: tf.GradConfig): void =>
  whenAtWork(() => tf.registerGradient(gradient));

/**
 * Registers `name` for every backend that has an implementation here. Replaces an existing registration, so
 * that a backend's own kernel can be overridden where it is wrong about NaN.
 */
export const defineKernel = <Attrs extends object>(name: string, by: KernelImplementations<Attrs>): void =>
  whenAtWork(() => registerFor(name, by));

function registerFor<Attrs extends object>(name: string, by: KernelImplementations<Attrs>): void {
  const register = (backendName: string, kernelFunc: tf.KernelFunc) => {
    if (tf.getKernel(name, backendName)) tf.unregisterKernel(name, backendName);
    tf.registerKernel({ kernelName: name, backendName, kernelFunc });
  };
  const { host, wasm, webgpu, tensorflow } = by;
  if (host) {
    for (const backendName of ['cpu', 'wasm'] as const) {
      register(backendName, ({ inputs, attrs, backend }) => {
        const { view, allocate } = hostMemory(backendName, backend);
        return handles(host(mapInputs(inputs, view), attrs as unknown as Attrs, allocate));
      });
    }
  }
  if (wasm) {
    register('wasm', ({ inputs, attrs, backend }) =>
      wasm(inputs as Record<string, tf.TensorInfo>, attrs as unknown as Attrs, wasmMemory(backend)),
    );
  }
  if (webgpu) {
    register('webgpu', ({ inputs, attrs, backend }) =>
      webgpu(
        inputs as Record<string, tf.TensorInfo>,
        attrs as unknown as Attrs,
        backend as unknown as WebgpuBackend,
      ),
    );
  }
  if (tensorflow) {
    register('tensorflow', ({ inputs, attrs, backend }) =>
      tensorflow(
        inputs as Record<string, tf.TensorInfo>,
        attrs as unknown as Attrs,
        backend as unknown as NativeTensorflow,
      ),
    );
  }
}

/** Whether the active backend has a kernel of this name. */
export function hasKernel(name: string): boolean {
  beginWork();
  return tf.getKernel(name, tf.getBackend()) != null;
}

const TAPPED = '-traced';

/** Under which name the kernels of a backend are registered a second time, where each call is to be seen. */
export const tappedName = (backendName: string): string => `${backendName}${TAPPED}`;

/** Which backend computes, tapped or not: its kernels are the same. */
export function activeBackend(): string {
  const name = tf.getBackend();
  return name.endsWith(TAPPED) ? name.slice(0, -TAPPED.length) : name;
}

/** Whether kernel calls are being traced now. */
export const isTapped = (): boolean => tf.getBackend().endsWith(TAPPED);

// The door to the one piece of global state TensorFlow.js forces on us: which backend is active.

/** The plain JavaScript backend greets its first user with a banner, also when another backend is in use. */
function silenceBanner(): void {
  const cpu = tf.findBackend('cpu') as { firstUse?: boolean } | null;
  if (cpu) cpu.firstUse = false;
}

/** Makes `name` the active tfjs backend. Throws a plain `Error` when tfjs cannot initialise it. */
export async function activate(name: string): Promise<void> {
  beginWork();
  silenceBanner();
  if (!(await tf.setBackend(name)))
    throw new Error(`TensorFlow.js could not initialise its backend "${name}".`);
  await tf.ready();
}

/**
 * Lets go of the backend. The registration stays for `cpu`, `wasm` and `tensorflow`, whose memory is a part of
 * the process; tensors on it are the caller's to dispose.
 */
export async function release(name: string): Promise<void> {
  if (tf.getBackend() === name && name !== 'cpu') await tf.setBackend('cpu');
}

// Shared pieces of WGSL kernels: how a program is laid over its output. The kernels live beside their ops.

/** The part of a program that only follows from the output's shape: one thread an element, below `uniforms.size`. */
export function elementwise(shape: readonly number[]) {
  const workgroup = 64;
  return {
    outputShape: [...shape],
    workgroupSize: [workgroup, 1, 1] as [number, number, number],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    // tfjs folds a dispatch beyond the device's limit into two dimensions by itself.
    dispatch: [Math.ceil(tf.util.sizeFromShape([...shape]) / workgroup), 1, 1] as [number, number, number],
    size: true,
  };
}

/** Values of uniforms in the order of their declaration: whole numbers and bits first, then floats. */
export const uniformValues = (integers: readonly number[], floats: readonly number[] = []) => [
  ...integers.map((value) => ({ type: 'int32', data: [value | 0] })),
  ...floats.map((value) => ({ type: 'float32', data: [value] })),
];

/** WebGPU allows 65535 workgroups per dimension; more rows continue in y. */
const limit = 65535;

/**
 * Dispatch of one workgroup per row. The layout is flat over the output, which makes tfjs call `main(index)`;
 * these kernels find their row by `rowIndex` instead.
 */
export function rowDispatch(
  rows: number,
  outputRank: number,
): { dispatch: [number, number, number]; dispatchLayout: { x: number[] } } {
  return {
    dispatch: [Math.min(rows, limit), Math.ceil(rows / limit), 1],
    dispatchLayout: { x: Array.from({ length: outputRank }, (_, axis) => axis) },
  };
}

/**
 * WGSL expression for the row of this workgroup, for programs with a uniform `rows`. Groups past the last row
 * do the last one again: an early return would make the barriers of a reduction non-uniform.
 */
export const rowIndex = `min(i32(workgroupId.x + workgroupId.y * ${limit}u), uniforms.rows - 1)`;
