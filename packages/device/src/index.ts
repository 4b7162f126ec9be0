/** From a requested device and what was found to a decision with its reasons. @module */
export {};
