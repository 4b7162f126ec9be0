/** From a requested device and what was found to a decision with its reasons. Pure throughout. @module */

export { checkDeviceName, checkPlatform } from './choose.ts';
export type {
  AttentionRequest,
  Decision,
  DeviceName,
  DeviceRequest,
  FiredRule,
  MpsRule,
} from './request.ts';
export { adapterName, apiNames, describeAdapter, describeProbe } from './request.ts';
export type { AttentionProbeOutcome } from './resolve.ts';
export { attentionToProbe, resolve } from './resolve.ts';
export { type BuiltinDevice, type DeviceRow, deviceNames, deviceRow, deviceTable, namesOf } from './table.ts';
export { type FoundTorch, resolveTorch } from './torch.ts';
