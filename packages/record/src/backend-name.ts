/** What people call a backend, which is `javascript` for the id `cpu`. */

/**
 * The backend `cpu` of TensorFlow.js is plain JavaScript, while `--device cpu` is whichever CPU backend is fastest: reports use
 * one word for each. Records keep `cpu`, as a backend and as a label: it is a contract with those who read them.
 *
 * @param id of a backend, or a decision's label
 */
export const backendName = (id: string): string => (id === 'cpu' ? 'javascript' : id);
