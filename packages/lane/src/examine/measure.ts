/** Measures an opened backend: its limits, and how its kernels and its shader compiler answer the questions about numbers. */
import type { Session } from '@nanscope/backend';
import type { DoctorBackend } from '@nanscope/record';
import * as tf from '@tensorflow/tfjs';
import { askKernels } from './numerics/ask-kernels.ts';
import { askShader } from './numerics/ask-shader.ts';

/** What is known of a backend until now. */
export type Measured = Partial<Pick<DoctorBackend, 'limits' | 'kernels' | 'shader'>>;

/** Numbers among the limits, which a device holds as getters of its prototype. */
function limitsOf({ limits }: GPUDevice): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

/** The device below a session; undefined for one without, and for a third party's that does not show it. */
function deviceOf({ facts }: Session): GPUDevice | undefined {
  const { device } = tf.backend() as { readonly device?: GPUDevice };
  return facts.capabilities.gpu && device?.limits ? device : undefined;
}

/** Each as soon as it is there: the next may end the process. @param session of the active backend */
export async function* measure(session: Session): AsyncGenerator<Measured> {
  const device = deviceOf(session);
  if (device) yield { limits: limitsOf(device) };
  yield { kernels: await askKernels() };
  if (device) yield { shader: await askShader(device) };
}
