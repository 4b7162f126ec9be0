/**
 * `nanscope eval`: check, decide, run both lanes, compare, judge. Effects sit here; the decisions are functions
 * of data in the modules it calls.
 */
import { join } from 'node:path';
import { Decorations } from '@nanscope/errors';
import { withModelFolder } from '@nanscope/lane';
import {
  type ResultRecord,
  readJsonLines,
  SCHEMA_VERSION,
  sampleLineSchema,
  writeJson,
} from '@nanscope/record';
import { type EvalConfig, policyOf } from '@nanscope/settings';
import { compareLaneFolders } from '../compare/compare-folders.ts';
import { interrupted, judge } from '../compare/verdict.ts';
import { bothTorch, hasTorch } from '../lanes/check-torch.ts';
import { type RunHooks, roles, runLanes } from '../lanes/run-lanes.ts';
import { BATCHES } from '../lanes/torch-lanes.ts';
import { investigate } from '../shadow/investigate.ts';
import { startShadowLane, startTorchShadow } from '../shadow/start-shadow-lane.ts';
import { collect, evalLane } from './eval-lanes.ts';
import { openFolder } from './open-folder.ts';
import { prepare } from './prepare.ts';
import { spoolStdin } from './resume.ts';

/** Whether lanes of PyTorch have an op to reduce: one in which a value is born, or one whose results differ between two of them. */
const hasTorchFault = ({ comparison, ...lanes }: Pick<ResultRecord, 'target' | 'reference' | 'comparison'>) =>
  comparison?.shadow?.steps.at(-1)?.own !== undefined ||
  roles.some((role) => lanes[role]?.decision.torch && lanes[role].cascade?.origin);

/** Interrupted before a lane began: nothing was written. */
const nothingDone = (command: string): ResultRecord => ({
  schemaVersion: SCHEMA_VERSION,
  kind: 'eval',
  command,
  verdict: interrupted,
});

/**
 * @param command The command line as typed, for the result.
 * @returns The result, which is also in `run.json` of its folder.
 * @throws {UserError} before anything is written, for what is wrong in the configuration or its files
 */
export async function evaluate(
  requested: EvalConfig,
  command: string,
  hooks: RunHooks,
): Promise<ResultRecord> {
  const resolved = await withModelFolder(requested, hooks.onStage);
  hooks.onStage('checking inputs');
  const spooled = resolved.data === '-' && !resolved.loadInputs ? await spoolStdin(resolved) : undefined;
  const place = resolved.resume === undefined ? {} : { out: resolved.resume };
  const prepared = await prepare({ ...(spooled?.config ?? resolved), ...place }, hooks).catch(
    async (error: unknown) => {
      await spooled?.discard();
      throw error;
    },
  );
  if (!prepared) {
    await spooled?.discard();
    return nothingDone(command);
  }
  const { amount, limit, decided } = prepared;
  // A part of the policy that was given stands over what the versions of PyTorch have.
  const { policy: preset, rowGuard } = decided.policy ?? resolved;
  const wanted = {
    ...{ ...resolved, policy: preset },
    ...(resolved.rowGuard === undefined && rowGuard !== undefined && { rowGuard }),
    ...(limit !== undefined && { limit }),
  };
  const { folder, config } = await openFolder(wanted, spooled, hooks);
  const policy = policyOf(config);
  const outcomes = await runLanes(
    decided,
    evalLane(config, decided, { folder, policy, ...amount, resume: resolved.resume !== undefined }, hooks),
    hooks.onLane,
    hooks.signal,
  );
  const lanes = collect(folder, decided, outcomes);
  const decorations = new Decorations();
  const compared =
    lanes.target && lanes.reference
      ? await compareLaneFolders(join(folder, 'target'), join(folder, 'reference'), config, decorations)
      : undefined;
  const whole = Object.values(outcomes).every(({ status }) => status === 'complete');
  const found =
    compared && whole && (!hasTorch(decided) || bothTorch(decided))
      ? ((await decorations.makeLater('the replay of a difference', () =>
          investigate(
            {
              ...{ config, policy, decided, comparison: compared },
              samples: (role) => readJsonLines(join(folder, role), 'samples.jsonl', sampleLineSchema),
              open: (task) =>
                task.decision.torch
                  ? startTorchShadow(task, join(folder, BATCHES), hooks.signal)
                  : startShadowLane(task, decided.environment, hooks.signal),
            },
            hooks.onStage,
            hooks.signal,
          ),
        )) ?? {})
      : {};
  const comparison = compared && { ...compared, ...found };
  const parts = { ...lanes, ...(comparison ? { comparison } : {}) };
  const verdict = judge({
    ...{
      ...parts,
      outcomes,
      command,
      folder,
      reducible: hasTorch(decided) && !hasTorchFault(parts) ? undefined : folder,
      failOn: requested.failOn,
    },
    referenceWanted: decided.reference !== undefined,
  });
  const result: ResultRecord = {
    schemaVersion: SCHEMA_VERSION,
    kind: 'eval',
    command,
    folder,
    ...parts,
    ...(decorations.leftOut.length > 0 && { leftOut: decorations.leftOut }),
    verdict,
  };
  writeJson(folder, 'run.json', result);
  return result;
}
