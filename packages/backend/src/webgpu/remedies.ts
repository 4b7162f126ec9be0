/** What to do when there is no adapter, by platform. */

/** @param platform `process.platform`, or `browser`. */
export function remedyFor(platform: string): string {
  if (platform === 'linux') {
    return 'Install a Vulkan driver: your GPU vendor\'s, or Mesa 24 or newer ("apt-get install mesa-vulkan-drivers"; on Debian 12 from bookworm-backports) for the software adapter.';
  }
  if (platform === 'darwin')
    return 'Run on macOS 13 or newer with access to the GPU: a virtual machine may have none.';
  if (platform === 'win32')
    return 'Install a Direct3D 12 driver; without a GPU, Windows offers its software adapter WARP.';
  if (platform === 'browser')
    return 'Use a browser with WebGPU (Chrome, Edge, Safari 26, Firefox on Windows), over https or localhost.';
  return 'WebGPU runs on Linux, macOS and Windows, x64 and arm64; use --device cpu here.';
}
