/** A conformance suite for attention: cases from a float64 oracle, from relations and from files, and the verdict. @module */
export * from './browser.ts';
export { type Onnxruntime, onnxruntimeImplementation } from './implementations/onnxruntime/onnxruntime.ts';
export { readVectors, type Vectors } from './vectors/read-vectors.ts';
