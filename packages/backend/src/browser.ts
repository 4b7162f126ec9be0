/** The part of the package that needs no file system: what a page can import. @module */
export type * from './backend.ts';
export type * from './kernel-types.ts';
export { defineKernel, hasKernel } from './kernels.ts';
export {
  type PhiloxStream,
  philox4x32,
  philoxFill,
  philoxReader,
  philoxStream,
  type RandomStream,
  uniform,
} from './philox.ts';
export { philoxWgsl } from './philox.wgsl.ts';
export { rowDispatch, rowIndex } from './rows.wgsl.ts';
export { type BuiltinId, backends, builtinBackend } from './table.ts';
export { isSoftware } from './webgpu/adapter-facts.ts';
