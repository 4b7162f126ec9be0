/** The GPU that this browser offers, by name: asked for once, and not opened. */

/** @returns undefined where there is none */
export async function gpuName(): Promise<string | undefined> {
  const adapter = await navigator.gpu
    ?.requestAdapter({ powerPreference: 'high-performance' })
    .catch(() => null);
  if (!adapter) return undefined;
  const { vendor, architecture, device, description } = adapter.info;
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed';
}
