/** From a run in which one kernel adds a difference of its own to the folder of the reduced call. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  backendName,
  fromJsonNumber,
  type JsonNumber,
  type OpCallRecord,
  type OperandRecord,
  type ReducedOpRecord,
  SCHEMA_VERSION,
  writeJson,
} from '@nanscope/record';
import type { EvalConfig } from '@nanscope/settings';
import { float32Words, opBugReport, opTitleWords } from '@nanscope/words';
import { decideAgain } from '../case-lane.ts';
import type { OpFault } from '../fault.ts';
import { makeFolder } from '../folder/place.ts';
import { backendOf, writeScript } from '../folder/write-script.ts';
import type { ReduceHooks } from '../record.ts';
import { reduceOp } from './reduce-op.ts';
import { opScriptText } from './script.ts';

/** What is known before the script was run. */
type FoundOp = Omit<ReducedOpRecord, 'script' | 'verdict'>;

interface OpReduction {
  readonly found: FoundOp;
  readonly passing: OpCallRecord | undefined;
  readonly config: EvalConfig;
  /** Variables that a device needs. */
  readonly environment: Readonly<Record<string, string>>;
}

function judged(found: FoundOp, script: ReducedOpRecord['script']): ReducedOpRecord {
  const { search, folder, smallest, decision } = found;
  const elements = smallest.operands.reduce((sum, { values }) => sum + values.length, 0);
  const size = elements === 1 ? 'one number' : `${elements} numbers`;
  return {
    ...found,
    script,
    verdict: {
      code: search.minimal ? 'reduced' : 'reduced-in-part',
      exitCode: 0,
      sentence: `Reduced to one call of ${found.kernel} with ${size}: ${opTitleWords(found)}.`,
      next: search.minimal
        ? `It goes to the owner of the backend ${backendName(decision.backend)}. ${folder}/report.md is ready to paste, with its script in it.`
        : `Go on with a larger --budget than ${search.budget}; ${folder} holds the smallest operands so far.`,
    },
  };
}

/** Everything that the folder of a reduced kernel call holds: the script, the command of the run, the report, the record. */
async function fillOpFolder(fresh: string, reduction: OpReduction): Promise<ReducedOpRecord> {
  const { found, passing, config, environment } = reduction;
  const backend = backendOf(found.decision.backend, config);
  const text = opScriptText({
    title: opTitleWords(found),
    kernel: found.kernel,
    attributes: found.attributes,
    backend,
    failing: found.smallest,
    ...(passing && { passing }),
  });
  const { codes, tensorflow } = await writeScript(fresh, text, [backend], environment, passing !== undefined);
  const record = judged(found, codes);
  writeFileSync(join(fresh, 'command.txt'), `${found.made}\n`);
  writeFileSync(join(fresh, 'report.md'), opBugReport(record, tensorflow));
  writeJson(fresh, 'reduced.json', record);
  return record;
}

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
