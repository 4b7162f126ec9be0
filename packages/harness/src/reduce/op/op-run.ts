/** From a run in which one kernel adds a difference of its own to the folder of the reduced call. */
import {
  fromJsonNumber,
  type JsonNumber,
  type OperandRecord,
  type ReducedOpRecord,
  SCHEMA_VERSION,
} from '@nanscope/record';
import { float32Words } from '@nanscope/report';
import { decideAgain } from '../decide-again.ts';
import type { OpFault } from '../fault.ts';
import { makeFolder } from '../folder/place.ts';
import type { ReduceHooks } from '../hooks.ts';
import { type FoundOp, fillOpFolder } from './fill-op-folder.ts';
import { reduceOp } from './reduce-op.ts';

/** In what the operands of the nearest call differ, the first places. */
function operandDifference(failing: readonly OperandRecord[], passing: readonly OperandRecord[]): string {
  const words = (value: JsonNumber) => float32Words(fromJsonNumber(value));
  const all = failing.flatMap(({ name, shape, values }, i) => {
    const other = passing[i]!;
    if (JSON.stringify(shape) !== JSON.stringify(other.shape))
      return [`${name} is [${other.shape.join(', ')}] instead of [${shape.join(', ')}]`];
    return values.flatMap((value, place) =>
      String(value) === String(other.values[place])
        ? []
        : [`${name}[${place}] is ${words(other.values[place]!)} instead of ${words(value)}`],
    );
  });
  return all.length > 4 ? `${all.slice(0, 4).join('; ')}; ${all.length - 4} more` : all.join('; ');
}

/** @returns undefined when it was interrupted, and nothing was written */
export async function reduceOpRun(
  fault: OpFault,
  { run, folder, budget, command }: Pick<ReducedOpRecord, 'run' | 'folder' | 'command'> & { budget: number },
  hooks: ReduceHooks,
): Promise<ReducedOpRecord | undefined> {
  hooks.onStage(`holding   what ${fault.op} adds of its own`);
  const decided = await decideAgain(fault, hooks.onStage);
  if (hooks.signal?.aborted || !decided.reference) return undefined;
  const reduced = await reduceOp(fault, decided, budget, hooks);
  if (!reduced) return undefined;
  const { passing, search, ...call } = reduced;
  const found: FoundOp = {
    schemaVersion: SCHEMA_VERSION,
    kind: 'reduce-op',
    command,
    run,
    folder,
    op: fault.op,
    batch: fault.batch,
    ...call,
    decision: structuredClone(decided.target) as FoundOp['decision'],
    reference: structuredClone(decided.reference) as FoundOp['reference'],
    environment: fault.lane.environment,
    ...(passing && {
      passing: {
        operands: passing.operands,
        difference: operandDifference(call.smallest.operands, passing.operands),
      },
    }),
    search: { ...search, budget },
    made: fault.made,
  };
  hooks.onStage('writing   the call, and trying its script');
  let record: ReducedOpRecord | undefined;
  const earlier = await makeFolder(folder, async (fresh) => {
    record = await fillOpFolder(fresh, {
      found,
      passing,
      config: fault.config,
      environment: decided.environment,
    });
  });
  if (earlier) hooks.onStage(`moved the earlier reduction in ${folder} to ${earlier}`);
  return record;
}
