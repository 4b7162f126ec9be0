/** An op of PyTorch in which a NaN is born, reduced by PyTorch itself to a script of its own: the folder, the report, the record. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@nanscope/errors';
import { type LaneMessage, throwUserError, torchIn, torchReduceTask, watchLane } from '@nanscope/lane';
import { type ReducedOpRecord, reducedOpSchema, SCHEMA_VERSION, writeJson } from '@nanscope/record';
import { torchBugReport } from '@nanscope/words';
import type { TorchFaultOfRun } from './fault.ts';
import { makeFolder } from './folder/place.ts';
import type { ReduceHooks } from './record.ts';
import { type ReducedCall, scriptSays, torchScript, torchWords } from './torch-script.ts';

/** What the lane says at its end (`lanes/torch/PROTOCOL.md`). */
interface ReducedMessage extends ReducedCall {
  readonly kind: 'reduced';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly from: number;
  readonly tried: number;
  readonly seconds: number;
  readonly minimal: boolean;
}

const SCRIPT = 'reproduce.py';
const SCRIPT_SECONDS = 120;

/** @returns the exit code; null where the script ended without saying what it found */
export const runScript = (python: string, path: string): Promise<0 | 1 | null> =>
  new Promise((done) => {
    execFile(python, [path], { timeout: SCRIPT_SECONDS * 1000 }, (error, stdout) => {
      const code = error === null ? 0 : (error as { code?: unknown }).code;
      const last = stdout.trimEnd().split('\n').at(-1)!;
      done((code === 0 || code === 1) && last.startsWith(scriptSays[code]) ? code : null);
    });
  });

async function reduced(
  fault: TorchFaultOfRun,
  run: string,
  budget: number,
  hooks: ReduceHooks,
): Promise<ReducedMessage | undefined> {
  const { lane, config, op, kind, batch, role, call } = fault;
  const asked = { op, fault: kind, batch, budget };
  const task = { role, config, decision: lane.decision };
  let found: ReducedMessage | undefined;
  const outcome = await watchLane<LaneMessage | ReducedMessage>({
    ...{ run: 'reduce-case', task: {}, environment: {}, silenceSeconds: config.laneTimeout + budget },
    ...(hooks.signal && { signal: hooks.signal }),
    start: torchIn(
      lane.decision.torch!.python,
      torchReduceTask(task, call ? { call } : { inputs: join(run, 'batches.jsonl') }, asked),
    ),
    onMessage(message) {
      if (message.kind === 'reduced') found = message;
      if (message.kind === 'loading') hooks.onStage(message.what);
    },
  });
  if (hooks.signal?.aborted) return undefined;
  throwUserError(outcome);
  if (found) return found;
  throw new UserError(
    'reduce/not-reproduced',
    `expected ${faultWords(fault)} of ${op} again, found that its process ended: ${outcome.failure ?? outcome.status}.`,
  );
}

const faultWords = ({ kind }: TorchFaultOfRun): string => (kind === 'number' ? 'wrong number' : kind);

/** @returns undefined when it was interrupted, and nothing was written */
export async function reduceTorchRun(
  fault: TorchFaultOfRun,
  { run, folder, budget, command }: Pick<ReducedOpRecord, 'run' | 'folder' | 'command'> & { budget: number },
  hooks: ReduceHooks,
): Promise<ReducedOpRecord | undefined> {
  const { lane, other, op, batch, made } = fault;
  const { python } = lane.decision.torch!;
  if (!existsSync(python))
    throw new UserError(
      'torch/no-python',
      `${run}: its lane ran in the Python at ${python}, and there is none any more. Make the run again with a Python that is there.`,
    );
  hooks.onStage(`holding   the ${faultWords(fault)} of ${op}`);
  let record: ReducedOpRecord | undefined;
  const earlier = await makeFolder(folder, async (fresh) => {
    const found = await reduced(fault, run, budget, hooks);
    if (!found)
      throw new UserError('reduce/nothing', 'interrupted: expected the reduction to go on, found its end.');
    const { kernel, attributes, from, index, got, expected, room, minimal, operands } = found;
    const { title, basis } = torchWords(found, fault.kind);
    const script = join(fresh, SCRIPT);
    const text = torchScript(found, fault.kind);
    writeFileSync(script, text);
    const failing = await runScript(python, script);
    const elsewhere = other?.decision.torch && {
      version: other.policy.name,
      code: await runScript(other.decision.torch.python, script),
    };
    const span = typeof expected === 'number' ? [expected - room, expected + room] : [expected, expected];
    const right = { low: span[0], high: span[1], nan: expected === 'NaN' };
    record = reducedOpSchema.parse({
      ...{ schemaVersion: SCHEMA_VERSION, kind: 'reduce-op', command, run, folder, op, kernel, attributes },
      ...{ batch, decision: lane.decision, ...(other && { reference: other.decision }) },
      ...{ environment: lane.environment, from, made },
      smallest: {
        operands,
        element: {
          ...{ output: 0, index, got, reference: expected, expected: right },
          ...{ by: 'rule', basis },
        },
      },
      search: { tried: found.tried, seconds: found.seconds, budget, minimal },
      script: {
        ...{ name: SCRIPT, backend: lane.decision.backend, failing },
        ...(elsewhere && { besides: elsewhere }),
      },
      verdict: {
        code: minimal ? 'reduced' : 'reduced-in-part',
        exitCode: 0,
        sentence: `Reduced to one call: ${title}.`,
        next:
          failing === 1
            ? `${folder}/${SCRIPT} shows it without nanscope; ${folder}/report.md is ready to paste, with the script in it.`
            : `${folder}/${SCRIPT} has the call, but run alone it does not show the fault: what the run did before the call counts as well. Run it by hand before you send it.`,
      },
    });
    writeFileSync(join(fresh, 'command.txt'), `${made}\n`);
    writeFileSync(join(fresh, 'report.md'), torchBugReport(record, title, text));
    writeJson(fresh, 'reduced.json', record);
  });
  if (earlier) hooks.onStage(`moved the earlier reduction in ${folder} to ${earlier}`);
  return record;
}
