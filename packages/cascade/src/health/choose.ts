/** Which way of measuring health fits a backend. */
import type { BackendId } from '@nanscope/backend';
import type { HealthCounter } from './counter.ts';
import { foreignCounter } from './foreign.ts';
import { hostCounter } from './host.ts';
import { tensorflowCounter } from './tensorflow.ts';
import { type DeviceTrouble, webgpuCounter } from './webgpu.ts';

/**
 * @param id of the session's backend; unknown ids are third-party backends
 * @param backend the tfjs backend instance
 * @param full whether magnitudes are wanted beside counts
 */
export function chooseCounter(
  id: BackendId,
  backend: unknown,
  full: boolean,
  trouble?: DeviceTrouble,
): HealthCounter {
  switch (id) {
    case 'cpu':
    case 'wasm':
      return hostCounter(backend, full);
    case 'tensorflow':
      return tensorflowCounter(backend, full);
    case 'webgpu':
      return webgpuCounter(backend, full, trouble);
    default:
      return foreignCounter(backend, full);
  }
}
