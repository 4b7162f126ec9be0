/** The attention of a PyTorch under the cases of known reports, which its lane holds against float64 itself. */
import type { CaseResult } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { type LaneMessage, torchIn, watchLane } from '@nanscope/lane';
import { conformCaseSchema, fromJsonNumber } from '@nanscope/record';
import type { ConformConfig } from '@nanscope/settings';
import type { RunHooks } from '../lanes/run-lanes.ts';
import type { ConformRun } from './verdict.ts';

/** What a torch lane says of a case, beside what every lane says. */
type TorchCaseMessage =
  | LaneMessage
  | {
      readonly kind: 'case';
      readonly result: unknown;
      readonly known?: string;
      readonly why?: string;
      readonly total?: number;
    };

/** @throws {UserError} `usage/torch` for flags that are about cases of ours */
export function checkTorchConform({ attn, vectors, shard, lastFailed, bail }: ConformConfig): void {
  const flags = { vectors, shard, 'last-failed': lastFailed, bail };
  const given = Object.entries(flags).find(([, value]) => value !== undefined)?.[0];
  const wrong = given ?? (attn === 'auto' || attn === 'sdpa' ? undefined : 'attn');
  if (wrong === undefined) return;
  throw new UserError(
    'usage/torch',
    `--${wrong}: expected it to be left out beside a torch device, whose F.scaled_dot_product_attention runs the cases of known reports. Leave it out; --filter chooses among them.`,
  );
}

function resultOf({ result: value, known, why }: Extract<TorchCaseMessage, { kind: 'case' }>): CaseResult {
  const {
    comparisons,
    required,
    allowed,
    reason,
    seconds,
    known: _,
    why: __,
    ...result
  } = conformCaseSchema.parse(value);
  return {
    ...result,
    ...(known && { known }),
    ...(why && { why }),
    ...(reason !== undefined && { reason }),
    ...(seconds !== undefined && { seconds }),
    ...{ required: fromJsonNumber(required), allowed: fromJsonNumber(allowed) },
    tensors: comparisons.map(({ failure, ...one }) => ({
      ...one,
      ...{ required: fromJsonNumber(one.required), allowed: fromJsonNumber(one.allowed) },
      ...(failure !== undefined && { failure }),
    })),
  };
}

/** Runs the cases in the Python of a decision. */
export async function runTorchCases(
  { torch }: Decision,
  { laneTimeout, filter }: Pick<ConformConfig, 'laneTimeout' | 'filter'>,
  { onLane, signal }: Pick<RunHooks, 'onLane' | 'signal'>,
): Promise<ConformRun> {
  if (!torch) throw new Error('The device is not one of PyTorch.');
  const results: CaseResult[] = [];
  let seen = 0;
  const outcome = await watchLane<TorchCaseMessage>({
    ...{ run: 'conform', task: {}, environment: {}, silenceSeconds: laneTimeout },
    ...(signal && { signal }),
    start: torchIn(torch.python, { device: torch.device, task: filter === undefined ? {} : { filter } }),
    onMessage(message) {
      if (message.kind !== 'case') return onLane('target', message);
      seen++;
      results.push(resultOf(message));
      onLane('target', { kind: 'progress', batches: seen, total: message.total ?? seen, tokensPerSecond: 0 });
    },
  });
  if (outcome.status !== 'complete') onLane('target', { kind: 'ended', outcome });
  return { outcome, results };
}
