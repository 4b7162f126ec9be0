/** What `--sdpa-kernel auto` came to on a lane, as a rule beside those of its device, and how far the two forms are apart. */
import { type AttentionKernel, kernelChoice, type Policy } from '@nanscope/attention';
import type { Decision } from '@nanscope/device';
import type { CausalLM } from '@nanscope/model';
import { type EvalConfig, sdpaKernelOf } from '@nanscope/settings';
import type { EvalBatch } from '../data/collation.ts';
import { type BatchResult, type Computation, evaluateBatch } from './evaluate-batch.ts';

type Rule = Decision['rules'][number];

interface KernelTask {
  readonly config: Pick<EvalConfig, 'sdpaKernel' | 'trace' | 'saveOutputs'> & { readonly dropout?: number };
  readonly decision: Pick<Decision, 'attention' | 'adapter'>;
  readonly policy: Policy;
}

/** What `auto` comes to for a model on the open backend. To be asked before anything is traced: under taps it is the composed form. */
export function chosenKernel(
  { config }: Pick<CausalLM, 'config'>,
  {
    implementation,
    policy,
    dropout = 0,
  }: Pick<Computation, 'implementation' | 'policy'> & { readonly dropout?: number },
): AttentionKernel {
  const headSize = config.attendedDim ?? config.headDim;
  return kernelChoice({ implementation, policy, headSize, dropout: dropout > 0, capture: false }).kernel;
}

/** Whether the open backend has a fused kernel for the model, where that was left to it. */
function hasFused({ config, decision, policy }: KernelTask, model: CausalLM): boolean {
  if (config.sdpaKernel !== 'auto' || decision.attention !== 'sdpa') return false;
  const { dropout = 0 } = config;
  return chosenKernel(model, { implementation: 'sdpa', policy, dropout }) === 'fused';
}

/** The rule, on a lane whose backend has such a kernel. */
export function sdpaKernelRules(task: KernelTask, model: CausalLM): Rule[] {
  if (!hasFused(task, model)) return [];
  const reason =
    sdpaKernelOf(task.config) === 'composed'
      ? 'sdpa is composed of ops, so that its steps can be shown'
      : 'sdpa is one fused kernel, since none of its steps is shown';
  return [{ rule: 'sdpa-kernel', reason }];
}

/** The largest difference of two runs of a batch over its losses, in words. */
export function differenceWords(composed: BatchResult, fused: BatchResult): string {
  let largest = 0;
  let elsewhere = 0;
  composed.losses.forEach((loss, i) => {
    const other = fused.losses[i]!;
    if (Object.is(loss, other) || loss === other) return;
    if (Number.isFinite(loss) && Number.isFinite(other)) largest = Math.max(largest, Math.abs(loss - other));
    else elsewhere++;
  });
  const apart = `the losses of the fused kernel differ by at most ${largest === 0 ? '0' : largest.toExponential(1)} on the first batch`;
  const total = composed.losses.length;
  return elsewhere === 0
    ? apart
    : `${apart}, and ${elsewhere} of ${total} are finite, NaN or infinite in one of the two alone`;
}

/** How long a GPU may take for the fused kernel: a shader that hangs must not cost a lane its result. */
const PATIENCE = 10_000;

/** What a promise comes to, or undefined when it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a batch through the fused kernel that a trace does without. @returns in words, how far its losses are from those of the trace */
async function comparedWords(
  { decision: { adapter } }: KernelTask,
  computation: Computation,
  { batch, result }: { readonly batch: EvalBatch; readonly result: BatchResult },
  evaluate: typeof evaluateBatch,
): Promise<string> {
  if (adapter?.software)
    return 'the fused kernel was not run beside it, since a software adapter takes seconds to compile it';
  const running = evaluate({ ...computation, kernel: 'fused' }, batch.batch);
  const fused = adapter ? await within(PATIENCE, running) : await running;
  return fused
    ? differenceWords(result, fused)
    : `the fused kernel gave no answer within ${PATIENCE / 1000} s`;
}

/**
 * The last that is asked of a device.
 *
 * @returns The rule with what the fused kernel showed; undefined where nothing is traced.
 */
export async function comparedRule(
  task: KernelTask,
  computation: Computation,
  labelled: { readonly batch: EvalBatch; readonly result: BatchResult },
  evaluate = evaluateBatch,
): Promise<Rule | undefined> {
  const [rule] = sdpaKernelRules(task, computation.model);
  if (!rule || computation.kernel !== 'composed' || labelled.result.losses.length === 0) return undefined;
  return { ...rule, reason: `${rule.reason}; ${await comparedWords(task, computation, labelled, evaluate)}` };
}
