/** The process that tries cases: opens the device, then evaluates one traced batch for each case it receives, until it is stopped. */
import type { Session } from '@nanscope/backend';
import { type Capture, namesOf, openCapture, openTrace } from '@nanscope/cascade';
import { errorLine } from '@nanscope/errors';
import { openWeights } from '@nanscope/model';
import { modelSource } from '../data/model.ts';
import { type Computation, evaluateBatch } from '../evaluate/evaluate-batch.ts';
import { meanLoss } from '../evaluate/lane-record.ts';
import type { LaneMessage } from '../protocol/task.ts';
import { environmentOf, openSession } from '../session/open-session.ts';
import {
  batchOf,
  type Case,
  type CaseMessage,
  CutModels,
  type ReduceMessage,
  type ReduceTask,
  type Tried,
} from './case.ts';

async function tryCase(
  session: Session,
  models: CutModels,
  { config, decision, policy }: ReduceTask,
  candidate: Case,
  call: string | undefined,
): Promise<Tried | undefined> {
  const model = await models.of(candidate);
  const computation = {
    model,
    implementation: decision.attention === 'eager' ? ('eager' as const) : ('sdpa' as const),
    policy,
    // Every case is traced.
    kernel: config.sdpaKernel === 'fused' ? ('fused' as const) : ('composed' as const),
  };
  const tried = await traceOf(session, computation, candidate);
  if (!tried || call === undefined) return tried;
  const captured = await captureOf(session, computation, candidate, call);
  return { ...tried, ...(captured && { captured }) };
}

async function traceOf(
  session: Session,
  computation: Computation,
  candidate: Case,
): Promise<Tried | undefined> {
  const trace = openTrace(session, 'health', { nameOf: namesOf(computation.model.parameters) });
  try {
    const { losses } = await evaluateBatch(computation, batchOf(candidate), (phase, work) =>
      trace.run(phase, work),
    );
    const collected = await trace.collect();
    if (collected.records.length === 0) return undefined; // Without a label nothing is computed.
    return { trace: { ...collected, batch: 0 }, loss: meanLoss(losses) };
  } finally {
    trace.close();
  }
}

/** One call of the case, whole: the case runs again for it. */
async function captureOf(
  session: Session,
  computation: Computation,
  candidate: Case,
  call: string,
): Promise<Capture | undefined> {
  const capture = openCapture(session, { calls: [call], nameOf: namesOf(computation.model.parameters) });
  try {
    await evaluateBatch(computation, batchOf(candidate), (phase, work) => capture.run(phase, work));
    return (await capture.collect())[0];
  } finally {
    capture.close();
  }
}

/** Messages of the parent in order; ends when it is stopped. */
async function* casesUntil(stop: AbortSignal): AsyncGenerator<CaseMessage> {
  const waiting: CaseMessage[] = [];
  let wake = () => {};
  const heard = (message: { readonly kind?: unknown }) => {
    if (message.kind === 'case') waiting.push(message as CaseMessage);
    wake();
  };
  process.on('message', heard);
  stop.addEventListener('abort', () => wake());
  while (!stop.aborted) {
    const next = waiting.shift();
    if (next) yield next;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  process.off('message', heard);
}

export async function runReduceLane(
  task: ReduceTask,
  say: (message: LaneMessage | ReduceMessage) => void,
  stop: AbortSignal,
): Promise<void> {
  const cases = casesUntil(stop);
  const first = cases.next(); // Listens from here on, while the device is opened.
  const session = await openSession(task, say);
  const models = new CutModels(await openWeights(modelSource(task.config), task.config.dtype));
  say({ kind: 'opened', environment: environmentOf(session) });
  for (let next = await first; !next.done; next = await cases.next()) {
    const { id, candidate, call } = next.value;
    try {
      const tried = await tryCase(session, models, task, candidate, call);
      say({ kind: 'tried', id, ...(tried && { tried }) });
    } catch (error) {
      say({ kind: 'tried', id, error: errorLine(error) });
    }
  }
  models.dispose();
  await session.dispose();
}
