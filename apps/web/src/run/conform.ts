/** The conformance suite for attention on a device of this browser; its cases come one by one. */
import type { CaseResult } from '@nanscope/conform';
import { conformRecord, type DecidedDevices, decideWith } from '@nanscope/harness';
import { answerOf, ownCases, refuseNoCases } from '@nanscope/lane';
import type { ConformResultRecord, EnvironmentRecord } from '@nanscope/record';
import type { ConformConfig, EvalConfig } from '@nanscope/settings';
import { probing } from './devices.ts';
import { startWorker } from './start-worker.ts';

export interface ConformHooks {
  readonly onStage: (what: string) => void;
  readonly onDecision: (decided: DecidedDevices, cases: number) => void;
  readonly onCase: (result: CaseResult) => void;
  readonly signal: AbortSignal;
}

/**
 * @param command The equal command line, for the result.
 * @returns undefined when it was stopped before a case ran
 * @throws {UserError} for cases or a device that are not there
 */
export async function conform(
  config: ConformConfig,
  command: string,
  { onStage, onDecision, onCase, signal }: ConformHooks,
): Promise<ConformResultRecord | undefined> {
  const cases = ownCases(config.filter).map(({ id }) => id);
  if (cases.length === 0) refuseNoCases(config.filter);
  const attn: EvalConfig['attn'] = config.attn === 'eager' || config.attn === 'auto' ? config.attn : 'sdpa';
  const asked = { ...config, attn, reference: 'none', policy: 'safe' };
  const decided = await decideWith(asked, probing(signal), onStage).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (!decided || signal.aborted) return undefined;
  onDecision(decided, cases.length);
  const { target: decision } = decided;
  const implementation = config.attn === 'fused' ? 'fused' : decision.attention;
  const results: CaseResult[] = [];
  let environment: EnvironmentRecord | undefined;
  const started = performance.now();
  const { filter, laneTimeout } = config;
  const ended = await startWorker(
    'conform',
    { decision, implementation, ...(filter === undefined ? {} : { filter }) },
    {
      signal,
      silenceSeconds: laneTimeout,
      onMessage(message) {
        if (message.kind === 'opened') environment = message.environment;
        if (message.kind !== 'case') return;
        results.push(message.result);
        onCase(message.result);
      },
    },
  );
  if (ended.outcome.userError) answerOf(ended);
  return conformRecord(
    { outcome: ended.outcome, results, ...(environment && { environment }) },
    { cases, badVectors: [], implementation, decision, seconds: (performance.now() - started) / 1000 },
    command,
  );
}
