/** What a backend is, and the four that come with nanscope: cpu, wasm, tensorflow, webgpu. @module */
export type * from './backend.ts';
export { type InstalledPackage, installedPackage } from './installed-package.ts';
export type * from './kernel-types.ts';
export { defineKernel, hasKernel } from './kernels.ts';
export { findGraphicsDriver, type GraphicsDriver, laneEnvironment } from './lane-environment.ts';
export { type LoadBackendOptions, loadBackend } from './load-backend.ts';
export { isNativeNoise } from './native-noise.ts';
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
