/** Where this package runs, so that Node-only modules are imported in Node alone and browsers can bundle it. */

/** True in Node, false in a browser. */
export const inNode: boolean = typeof process !== 'undefined' && typeof process.versions?.node === 'string';
