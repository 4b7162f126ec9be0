/** What a backend is, and the four that come with nanscope: cpu, wasm, tensorflow, webgpu. @module */
export * from './browser.ts';
export { type InstalledPackage, installedPackage } from './installed-package.ts';
export { findGraphicsDriver, type GraphicsDriver, laneEnvironment } from './lane-environment.ts';
export { type LoadBackendOptions, loadBackend } from './load-backend.ts';
export { isNativeNoise } from './native-noise.ts';
