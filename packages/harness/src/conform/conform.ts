/**
 * `nanscope conform`: read the cases, decide the device, run them in a process of their own. Results come one by one,
 * so that a device that crashes or hangs costs the cases it had not come to.
 */

import type { CaseResult } from '@nanscope/conform';
import { deviceRow } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import {
  type ConformMessage,
  type ConformTask,
  implementationOf,
  isOnnxruntime,
  onnxruntimeDecision,
  readCases,
  refuseNoCases,
  throwUserError,
  watchLane,
} from '@nanscope/lane';
import type { ConformResultRecord, EnvironmentRecord } from '@nanscope/record';
import type { ConformConfig, EvalConfig } from '@nanscope/settings';
import { decide } from '../devices/decide.ts';
import type { Decided } from '../devices/decision.ts';
import type { RunHooks } from '../lanes/run-lanes.ts';
import { readRecord } from '../open/read-record.ts';
import { inShard, onlyFailed, shardFrom } from '../selection/shard.ts';
import { checkTorchConform, runTorchCases } from './torch-cases.ts';
import { type ConformRun, conformRecord } from './verdict.ts';

// Which of the cases run: those that failed in an earlier run (--last-failed), and of them a part (--shard).

/** Cases of a conformance run that failed. @param path a file that `conform --json` wrote */
function failedCases(path: string): ReadonlySet<string> {
  const { record } = readRecord(path);
  if (record.kind !== 'conform') {
    throw new UserError(
      'usage/last-failed',
      `--last-failed ${path}: expected what conform --json wrote, found a result of ${record.kind}.`,
    );
  }
  return new Set(record.cases.flatMap(({ id, status }) => (status === 'fail' ? [id] : [])));
}

/** @throws UserError `conform/no-cases`, `usage/shard`, `usage/last-failed` */
export function selectCases<Case extends { readonly id: string }>(
  cases: readonly Case[],
  { shard, lastFailed }: ConformConfig,
): readonly Case[] {
  const asked =
    lastFailed === undefined ? cases : onlyFailed(cases, failedCases(lastFailed), ({ id }) => id, 'cases');
  if (shard === undefined) return asked;
  const own = inShard(
    asked.map(({ id }) => id),
    shardFrom(shard),
  );
  const part = asked.filter(({ id }) => own.has(id));
  if (part.length > 0) return part;
  throw new UserError(
    'conform/no-cases',
    `--shard ${shard}: expected at least one case in this part, found none of ${asked.length}.`,
  );
}

async function runProcess(
  task: ConformTask,
  total: number,
  { environment: variables }: Decided,
  hooks: RunHooks,
): Promise<ConformRun> {
  const { laneTimeout } = task.config;
  const results: CaseResult[] = [];
  let environment: EnvironmentRecord | undefined;
  let failed = 0;
  const outcome = await watchLane<ConformMessage>({
    run: 'conform',
    task,
    environment: variables,
    backend: task.decision.backend,
    silenceSeconds: laneTimeout,
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    onMessage(message) {
      if (message.kind === 'opened') environment = message.environment;
      else if (message.kind === 'case') {
        results.push(message.result);
        if (message.result.status === 'fail') failed++;
        const facts = failed > 0 ? [`${failed} failed`] : [];
        const progress = { batches: results.length, total, tokensPerSecond: 0, facts };
        hooks.onLane('target', { kind: 'progress', ...progress });
      } else hooks.onLane('target', message);
    },
  });
  if (outcome.status !== 'complete') hooks.onLane('target', { kind: 'ended', outcome });
  return { outcome, results, ...(environment ? { environment } : {}) };
}

/** The same of a PyTorch: its own attention, under cases that its lane has. */
async function conformTorch(
  config: ConformConfig,
  command: string,
  hooks: RunHooks,
): Promise<ConformResultRecord | undefined> {
  checkTorchConform(config);
  const asked = { ...config, attn: 'sdpa' as const, reference: 'none', policy: 'auto' };
  const decided = await decide(asked, hooks.onStage);
  if (hooks.signal?.aborted) return undefined;
  hooks.onDecision(decided);
  const started = performance.now();
  const ran = await runTorchCases(decided.target, config, hooks);
  throwUserError(ran.outcome);
  if (ran.cases.length === 0) refuseNoCases(config.filter);
  return conformRecord(
    ran,
    {
      cases: ran.cases,
      badVectors: [],
      implementation: 'F.scaled_dot_product_attention',
      decision: decided.target,
      seconds: (performance.now() - started) / 1000,
    },
    command,
  );
}

/**
 * @param command The command line as typed, for the result.
 * @returns The result; undefined when it was interrupted before a case ran.
 * @throws UserError for cases, folders or devices that are not there, before anything runs
 */
export async function conform(
  config: ConformConfig,
  command: string,
  hooks: RunHooks,
): Promise<ConformResultRecord | undefined> {
  if (deviceRow(config.device)?.engine === 'torch') return conformTorch(config, command, hooks);
  hooks.onStage('reading the cases');
  const { cases: known, badVectors } = await readCases(config);
  const cases = known.length > 0 ? selectCases(known, config) : known;
  if (hooks.signal?.aborted) return undefined;
  const foreign = isOnnxruntime(config.attn) ? config.attn : undefined;
  const attn = foreign || config.attn === 'fused' ? 'sdpa' : (config.attn as EvalConfig['attn']);
  const asked = { ...config, attn, reference: 'none', policy: 'safe' };
  const decided = await decide(asked, hooks.onStage).catch((error: unknown) => {
    if (hooks.signal?.aborted) return undefined;
    throw error;
  });
  if (!decided || hooks.signal?.aborted) return undefined;
  const told = foreign ? onnxruntimeDecision(foreign, decided.target) : decided.target;
  hooks.onDecision({ ...decided, target: told });
  const started = performance.now();
  const ids = cases.map(({ id }) => id);
  const task = { config, decision: decided.target, cases: ids };
  const ran = await runProcess(task, cases.length, decided, hooks);
  throwUserError(ran.outcome);
  return conformRecord(
    ran,
    {
      cases: ids,
      badVectors,
      implementation: foreign ?? implementationOf(task),
      decision: told,
      seconds: (performance.now() - started) / 1000,
    },
    command,
  );
}
