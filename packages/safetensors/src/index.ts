/** Read and write the safetensors format, bit for bit: checked headers, ranged reads, shards, atomic writes. @module */
export * from './browser.ts';
export { fileSource, readSafetensors } from './read.ts';
export { openSafetensors, readShardedSafetensors } from './sharded.ts';
export { replaceFile, syncFolder, writeNewFile, writeSafetensors } from './write.ts';
