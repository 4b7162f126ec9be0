/** The part of the package that needs no file system: what a page can import. @module */
export type * from './backend.ts';
export type * from './host-memory.ts';
export {
  activeBackend,
  beginWork,
  defineGradient,
  defineKernel,
  elementwise,
  hasKernel,
  isTapped,
  rowDispatch,
  rowIndex,
  tappedName,
  uniformValues,
  whenAtWork,
} from './kernels.ts';
export {
  type PhiloxStream,
  philox4x32,
  philoxFill,
  philoxReader,
  philoxStream,
  philoxWgsl,
  type RandomStream,
  uniform,
} from './philox.ts';
export { type BuiltinId, backends, builtinBackend } from './table.ts';
export { floatWord, kernelWindow, shares, type WasmMemory, wasmMemory } from './wasm/memory.ts';
export { setThreadedBuild } from './wasm/page-host.ts';
export { isSoftware } from './webgpu/gpu.ts';
