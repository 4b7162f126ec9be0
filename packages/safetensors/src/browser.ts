/** The part of the package that needs no file system: what a page can import. @module */
export { float32Tensor, float64Tensor, integerTensor, toFloat32, toFloat64, toIntegers } from './convert.ts';
export type { TensorInfo } from './header.ts';
export { type ByteSource, blobSource, type Dtype, dtypeBytes, isDtype, isGitLfsPointer } from './header.ts';
export { openSource, type SafetensorsFile, type SafetensorsTensor } from './open.ts';
export { openShards } from './shards.ts';
