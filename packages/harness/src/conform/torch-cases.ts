/** The attention of a PyTorch under the cases of known reports: its lane makes the calls, and what they give is judged here. */
import { type CaseResult, idFilter, type TorchAnswer, torchCases } from '@nanscope/conform';
import type { Decision } from '@nanscope/device';
import { UserError } from '@nanscope/errors';
import { type LaneMessage, type LaneOutcome, torchIn, watchLane } from '@nanscope/lane';
import type { ConformConfig } from '@nanscope/settings';
import { counted } from '@nanscope/words';
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

/** @param start runs the calls; default: the Python of the decision */
export async function runTorchCases(
  { torch }: Decision,
  { laneTimeout, filter }: Pick<ConformConfig, 'laneTimeout' | 'filter'>,
  { onLane, signal }: Pick<RunHooks, 'onLane' | 'signal'>,
  start?: ReturnType<typeof torchIn>,
): Promise<
  ConformRun & { /** Ids of all that were asked, in their order. */ readonly cases: readonly string[] }
> {
  if (!torch) throw new Error('The device is not one of PyTorch.');
  const wanted = idFilter(filter);
  const asked = torchCases(torch.device).filter(({ id }) => wanted(id));
  const cases = asked.map(({ id }) => id);
  const waiting = new Map(asked.map((one) => [one.id, one]));
  const results: CaseResult[] = [];
  if (cases.length === 0) return { outcome: { status: 'complete' }, results, cases };
  const strays: string[] = [];
  const ended = await watchLane<LaneMessage | ({ readonly kind: 'answer' } & TorchAnswer)>({
    ...{ run: 'conform', task: {}, environment: {}, silenceSeconds: laneTimeout },
    ...(signal && { signal }),
    start:
      start ??
      torchIn(torch.python, { device: torch.device, task: { calls: asked.map(({ call }) => call) } }),
    onMessage(message) {
      if (message.kind !== 'answer') return onLane('target', message);
      const answered = waiting.get(message.id);
      if (!answered) return strays.push(message.id);
      waiting.delete(message.id);
      results.push(answered.judge(message));
      onLane('target', {
        ...{ kind: 'progress', batches: results.length, total: cases.length, tokensPerSecond: 0 },
      });
    },
  });
  const outcome = ended.status === 'complete' ? endOf(waiting.size, strays) : ended;
  if (outcome.status !== 'complete') onLane('target', { kind: 'ended', outcome });
  return { outcome, results, cases };
}

/** How a lane ended that says it is done: it must have answered each call once, and nothing else. */
function endOf(unanswered: number, [stray]: readonly string[]): LaneOutcome {
  if (stray !== undefined)
    return {
      status: 'failed',
      failure: `it answered the call ${stray}, which it was not asked, or had answered already`,
    };
  if (unanswered === 0) return { status: 'complete' };
  return { status: 'failed', failure: `it was done without an answer to ${counted(unanswered, 'call')}` };
}
