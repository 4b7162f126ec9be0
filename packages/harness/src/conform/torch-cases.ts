/** The attention of a PyTorch under the cases of known reports: its lane makes the calls, and what they give is judged here. */
import { type CaseResult, idFilter, type TorchAnswer, torchCases } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { type LaneMessage, torchIn, watchLane } from '@nanscope/lane';
import type { ConformConfig } from '@nanscope/settings';
import type { RunHooks } from '../lanes/run-lanes.ts';
import type { ConformRun } from './verdict.ts';

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

/** Runs the cases in the Python of a decision. */
export async function runTorchCases(
  { torch }: Decision,
  { laneTimeout, filter }: Pick<ConformConfig, 'laneTimeout' | 'filter'>,
  { onLane, signal }: Pick<RunHooks, 'onLane' | 'signal'>,
): Promise<ConformRun> {
  if (!torch) throw new Error('The device is not one of PyTorch.');
  const wanted = idFilter(filter);
  const cases = new Map(torchCases(torch.device).flatMap((one) => (wanted(one.id) ? [[one.id, one]] : [])));
  const results: CaseResult[] = [];
  if (cases.size === 0) return { outcome: { status: 'complete' }, results };
  const calls = [...cases.values()].map(({ call }) => call);
  const outcome = await watchLane<LaneMessage | ({ readonly kind: 'answer' } & TorchAnswer)>({
    ...{ run: 'conform', task: {}, environment: {}, silenceSeconds: laneTimeout },
    ...(signal && { signal }),
    start: torchIn(torch.python, { device: torch.device, task: { calls } }),
    onMessage(message) {
      if (message.kind !== 'answer') return onLane('target', message);
      results.push(cases.get(message.id)!.judge(message));
      onLane('target', {
        ...{ kind: 'progress', batches: results.length, total: cases.size, tokensPerSecond: 0 },
      });
    },
  });
  if (outcome.status !== 'complete') onLane('target', { kind: 'ended', outcome });
  return { outcome, results };
}
