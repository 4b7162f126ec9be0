/**
 * Every device name, in one table: what computes it, what it may run on, and what help and docs say of it. Whatever lists
 * or checks names reads these rows.
 */
import type { BackendId, GraphicsApi } from '@nanscope/backend';

/** What computes a lane: TensorFlow.js in a process of ours, or PyTorch in a Python. */
export type Engine = 'tfjs' | 'torch';

export interface DeviceRow {
  readonly name: string;
  readonly engine: Engine;
  /** Backends that the name may mean, the one to prefer first. Nothing else is looked at for it. */
  readonly backends: readonly BackendId[];
  /** The graphics interface that the adapter must have. */
  readonly api?: GraphicsApi;
  /** The sentence that help texts and docs print. */
  readonly says: string;
}

/** CPU backends, the fastest first. */
export const cpuBackends: readonly BackendId[] = ['tensorflow', 'wasm', 'cpu'];

export const deviceTable = [
  {
    name: 'auto',
    engine: 'tfjs',
    backends: ['webgpu', ...cpuBackends],
    says: 'the best available: a hardware GPU, else native TensorFlow, else wasm, else plain JavaScript',
  },
  {
    name: 'cpu',
    engine: 'tfjs',
    backends: cpuBackends,
    says: 'the best CPU backend: native TensorFlow, else wasm, else plain JavaScript',
  },
  {
    name: 'gpu',
    engine: 'tfjs',
    backends: ['webgpu'],
    says: 'WebGPU on any adapter, software adapters included',
  },
  { name: 'webgpu', engine: 'tfjs', backends: ['webgpu'], says: 'the same as gpu' },
  {
    name: 'metal',
    engine: 'tfjs',
    backends: ['webgpu'],
    api: 'metal',
    says: 'WebGPU over Metal (a GPU of a Mac)',
  },
  {
    name: 'mps',
    engine: 'tfjs',
    backends: ['webgpu'],
    api: 'metal',
    says: 'the same as metal, by the name PyTorch gives it',
  },
  { name: 'vulkan', engine: 'tfjs', backends: ['webgpu'], api: 'vulkan', says: 'WebGPU over Vulkan' },
  { name: 'd3d12', engine: 'tfjs', backends: ['webgpu'], api: 'd3d12', says: 'WebGPU over Direct3D 12' },
  { name: 'wasm', engine: 'tfjs', backends: ['wasm'], says: 'WebAssembly with SIMD' },
  { name: 'tensorflow', engine: 'tfjs', backends: ['tensorflow'], says: 'native TensorFlow' },
  {
    name: 'javascript',
    engine: 'tfjs',
    backends: ['cpu'],
    says: 'plain JavaScript, slow, the readable reference',
  },
  {
    name: 'torch',
    engine: 'torch',
    backends: ['torch-cuda', 'torch-mps', 'torch-cpu'],
    says: 'PyTorch in your Python, on the best device it has: cuda, else mps, else cpu',
  },
  { name: 'torch:cpu', engine: 'torch', backends: ['torch-cpu'], says: 'PyTorch on the CPU' },
  {
    name: 'torch:mps',
    engine: 'torch',
    backends: ['torch-mps'],
    api: 'metal',
    says: 'PyTorch on the GPU of a Mac',
  },
  {
    name: 'torch:cuda',
    engine: 'torch',
    backends: ['torch-cuda'],
    says: 'PyTorch on an NVIDIA or AMD GPU; `torch:cuda:1` is the second of them',
  },
] as const satisfies readonly DeviceRow[];

export type BuiltinDevice = (typeof deviceTable)[number]['name'];

/** The names, in the order of the table. */
export const deviceNames: readonly BuiltinDevice[] = deviceTable.map(({ name }) => name);

/** The row of a name; undefined for one that is not in the table, such as the id of a third-party backend. */
export function deviceRow(name: string): DeviceRow | undefined {
  const row = deviceTable.find((one) => one.name === name);
  if (row || !/^torch:cuda:\d+$/.test(name)) return row;
  return { ...deviceTable.find((one) => one.name === 'torch:cuda')!, name };
}

/** The names of an engine, in the order of the table. */
export const namesOf = (engine: Engine): readonly BuiltinDevice[] =>
  deviceTable.filter((row) => row.engine === engine).map(({ name }) => name);
