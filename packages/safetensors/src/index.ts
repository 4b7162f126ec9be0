/** Read and write the safetensors format, bit for bit: checked headers, ranged reads, shards, atomic writes. @module */
export * from './browser.ts';
export { fileSource, openSafetensors, readSafetensors, readShardedSafetensors } from './read.ts';
export { replaceFile, syncFolder, writeNewFile, writeSafetensors } from './write.ts';
