/**
 * Opens a device with everything the adapter offers that we use: half floats, subgroups, and buffers as large
 * as it has them (the logits of GPT-2 are past WebGPU's default of 128 MiB). Watches it for loss and errors.
 */

/** Features we ask for where the adapter has them. */
const wanted = ['shader-f16', 'subgroups', 'timestamp-query'] as const;

/** Limits raised to what the adapter offers. */
const raised = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
] as const;

export interface WatchedDevice {
  readonly device: GPUDevice;
  /** Settles with the reason once the device is lost for any cause but `close`. */
  readonly lost: Promise<string>;
  /** Uncaptured errors, oldest first. */
  readonly errors: string[];
  /** Destroys the device, which is then not a loss. */
  close(): void;
}

export async function openDevice(adapter: GPUAdapter): Promise<WatchedDevice> {
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]]));
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  const errors: string[] = [];
  device.addEventListener('uncapturederror', (event) => {
    errors.push((event as GPUUncapturedErrorEvent).error.message);
    event.preventDefault();
  });
  let closing = false;
  const lost = device.lost.then(({ reason, message }) =>
    closing ? new Promise<string>(() => {}) : `${reason || 'unknown'}: ${message}`,
  );
  const close = () => {
    closing = true;
    device.destroy();
  };
  return { device, lost, errors, close };
}
