/**
 * What computes, loaded when a command gets to it: with it comes TensorFlow.js. Help, a version and a refused flag
 * need the flag tables and their checks alone, which the commands import by themselves.
 */
export const harness = (): Promise<typeof import('@nanscope/harness')> => import('@nanscope/harness');
