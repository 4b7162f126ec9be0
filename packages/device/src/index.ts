/** From a requested device and what was found to a decision with its reasons. Pure throughout. @module */
export { type AttentionProbeOutcome, decideAttention } from './decide-attention.ts';
export { adapterName, apiNames, describeAdapter, describeProbe } from './describe.ts';
export {
  type AttentionRequest,
  type BuiltinDevice,
  type Decision,
  type DeviceName,
  type DeviceRequest,
  deviceNames,
  type FiredRule,
  type MpsRule,
} from './request.ts';
export { resolve } from './resolve.ts';
