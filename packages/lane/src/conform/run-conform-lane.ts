/** A conformance run from start to end, in its own process: open the backend, run case after case, tell each result. */
import {
  type CaseResult,
  onnxruntimeImplementation,
  runSuite,
  tensorflowImplementation,
} from '@nanscope/conform';
import type { LaneMessage } from '../protocol/task.ts';
import { environmentOf, machineOf } from '../session/environment.ts';
import { openSession } from '../session/open-session.ts';
import { readCases } from './cases.ts';
import { ownKernels } from './kernels.ts';
import { isOnnxruntime, onnxruntimeProvider } from './onnxruntime.ts';
import { type ConformMessage, type ConformTask, implementationOf } from './task.ts';

export async function runConformLane(
  task: ConformTask,
  say: (message: LaneMessage | ConformMessage) => void,
): Promise<void> {
  const wanted = new Set(task.cases);
  const cases = (await readCases(task.config)).cases.filter(({ id }) => wanted.has(id));
  const { attn } = task.config;
  if (isOnnxruntime(attn)) {
    const implementation = await onnxruntimeImplementation(attn, onnxruntimeProvider(attn, task.decision));
    say({ kind: 'opened', environment: machineOf(implementation.version) });
    await tellResults(runSuite(cases, implementation), task.config.bail, say);
    return;
  }
  const session = await openSession(task, say);
  say({ kind: 'opened', environment: environmentOf(session) });
  const implementation = tensorflowImplementation(implementationOf(task));
  await tellResults(runSuite(cases, implementation, ownKernels), task.config.bail, say);
  await session.dispose();
}

/** Each result as it comes, up to as many failures as there may be. */
async function tellResults(
  results: AsyncIterable<CaseResult>,
  bail: number | undefined,
  say: (message: ConformMessage) => void,
): Promise<void> {
  let failures = 0;
  for await (const result of results) {
    say({ kind: 'case', result });
    if (result.status === 'fail' && ++failures === bail) return;
  }
}
