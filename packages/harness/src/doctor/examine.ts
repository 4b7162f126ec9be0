/** Looks at one backend, opens it, measures its numbers and tries it; inside a process that may end at any of these. */
import type { Session } from '@nanscope/backend';
import * as tf from '@tensorflow/tfjs';
import type { LaneMessage } from '../lane/task.ts';
import { findBackend } from '../probe/find-backend.ts';
import { askKernels } from './numerics/ask-kernels.ts';
import { askShader } from './numerics/ask-shader.ts';
import { selfChecks } from './self-test.ts';
import type { ExamineMessage, ExamineTask } from './task.ts';

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

export async function examine(
  { id, backendFile }: ExamineTask,
  say: (message: LaneMessage | ExamineMessage) => void,
): Promise<void> {
  const backend = await findBackend(id, backendFile);
  const probe = await backend.probe();
  say({ kind: 'probe', probe });
  if (!probe.available) return;
  const session = await backend.open();
  session.lost?.then((reason) => {
    say({ kind: 'device-lost', reason });
    setTimeout(() => process.exit(1), 50);
  });
  const device = deviceOf(session);
  if (device) say({ kind: 'measured', limits: limitsOf(device) });
  say({ kind: 'measured', kernels: await askKernels() });
  if (device) say({ kind: 'measured', shader: await askShader(device) });
  for await (const check of selfChecks(session)) say({ kind: 'check', check });
  await session.dispose();
}
