/** Read and write the safetensors format, bit for bit: checked headers, ranged reads, shards, atomic writes. @module */
export * from './browser.ts';
export { replaceFile, syncFolder, writeNewFile } from './durable.ts';
export { fileSource, readSafetensors } from './read.ts';
export { openSafetensors, readShardedSafetensors } from './sharded.ts';
export { writeSafetensors } from './write.ts';
