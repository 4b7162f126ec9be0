/** A conformance run from start to end, in its own process: open the backend, run case after case, tell each result. */
import {
  type CaseResult,
  idFilter,
  onnxruntimeImplementation,
  readVectors,
  runSuite,
  tensorflowImplementation,
} from '@nanscope/conform';
import type { ConformConfig } from '@nanscope/settings';
import type { LaneMessage } from '../protocol/task.ts';
import { environmentOf, machineOf, openSession } from '../session/open-session.ts';
import {
  type AnyCase,
  type ConformMessage,
  type ConformTask,
  implementationOf,
  isOnnxruntime,
  onnxruntimeProvider,
  ownCases,
  ownKernels,
  refuseNoCases,
} from './own-cases.ts';

// The cases that a configuration names: ours, and those of folders with vectors. Which of them run is the parent's choice.

interface ReadCases {
  readonly cases: readonly AnyCase[];
  /** One line for each vector that cannot be read. */
  readonly badVectors: readonly string[];
}

/** @throws UserError `conform/no-vectors`, `conform/no-cases` */
export async function readCases({
  vectors = [],
  filter,
  attn,
}: Pick<ConformConfig, 'vectors' | 'filter' | 'attn'>): Promise<ReadCases> {
  const wanted = idFilter(filter);
  const cases = [...ownCases(filter, isOnnxruntime(attn))];
  const badVectors: string[] = [];
  const copies = new Map<string, number>();
  for (const folder of vectors) {
    const read = await readVectors(folder, wanted);
    for (const found of read.cases) {
      // The same case may come in two layouts.
      const copy = (copies.get(found.id) ?? 0) + 1;
      copies.set(found.id, copy);
      cases.push(copy === 1 ? found : { ...found, id: `${found.id};copy=${copy}` });
    }
    badVectors.push(...read.faults.map(({ message }) => message));
  }
  if (cases.length === 0 && badVectors.length === 0) refuseNoCases(filter);
  return { cases, badVectors };
}

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
