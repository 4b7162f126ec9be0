/** The operators of onnxruntime that can be put under the suite. Running them is onnxruntime.ts's business, in Node alone. */

export const onnxruntimeOperators = ['onnxruntime', 'onnxruntime-mha'] as const;
export type OnnxruntimeOperator = (typeof onnxruntimeOperators)[number];
