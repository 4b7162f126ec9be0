/** Read and write the safetensors format, bit for bit. @module */
export {};
