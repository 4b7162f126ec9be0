/** Read and write the safetensors format, bit for bit: checked headers, ranged reads, shards, atomic writes. @module */
export { toFloat32, toFloat64, toIntegers } from './convert.ts';
export { type Dtype, dtypeBytes, isDtype } from './dtype.ts';
export { replaceFile, syncFolder, writeNewFile } from './durable.ts';
export type { TensorInfo } from './header.ts';
export { readSafetensors, type SafetensorsFile, type SafetensorsTensor } from './read.ts';
export { openSafetensors, readShardedSafetensors } from './sharded.ts';
export { float32Tensor, float64Tensor, integerTensor } from './tensor.ts';
export { writeSafetensors } from './write.ts';
