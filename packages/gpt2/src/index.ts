/** GPT-2 in the Hugging Face layout on TensorFlow.js backends. @module */
export {};
