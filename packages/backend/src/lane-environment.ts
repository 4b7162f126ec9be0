/** The public door to the lane folder, which is Node's alone and therefore loaded only when asked for. */
import type { GraphicsDriver } from './lane/index.ts';
import { inNode } from './runtime.ts';

export type { GraphicsDriver } from './lane/index.ts';

/** Where the Vulkan driver of this machine comes from, and the environment that makes a child process find it. */
export async function findGraphicsDriver(): Promise<GraphicsDriver> {
  if (!inNode) return { source: 'system', reason: 'a browser brings its own', environment: {} };
  const { graphicsDriver } = await import('./lane/index.ts');
  return graphicsDriver();
}

/**
 * Variables to set over the parent's own before a lane's process starts: a Vulkan driver where the machine has
 * none of its own (XDG_RUNTIME_DIR, LD_LIBRARY_PATH, VK_DRIVER_FILES), and quiet native logs. Never throws.
 */
export async function laneEnvironment(): Promise<Record<string, string>> {
  return { ...(await findGraphicsDriver()).environment };
}
