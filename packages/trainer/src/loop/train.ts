/**
 * The training loop: step after step until the steps, the patience or the numbers end it. What happens to files,
 * terminals and traces is in the hooks; what to do next is decided by the pure modules beside this one.
 */
import type { CausalLM } from '@nanscope/model';
import * as tf from '@tensorflow/tfjs';
import { decideStep, type StepDecision } from '../gradients.ts';
import { euclideanNorm } from '../kernels/euclidean-norm.ts';
import {
  afterEvaluation,
  atTheStart,
  type DataPlan,
  epochsAfter,
  isDue,
  patienceIsOver,
  type RunProgress,
  StepRows,
} from './plan.ts';
import {
  type Observer,
  type SaveReason,
  type StepKernel,
  type TrainEnd,
  type TrainHooks,
  type Training,
  validate,
} from './settings.ts';
import {
  type ComputedStep,
  computeStep,
  disposeStep,
  learningRateOf,
  unobserved,
  updateWeights,
} from './step.ts';

/** Makes the norm of finite weights stay finite, whatever their size. */
const shrink = 1e-25;

/** Whether every parameter is finite; one read of one number. */
export async function weightsAreFinite({ parameters }: CausalLM): Promise<boolean> {
  const sum = tf.tidy(() => {
    const norms = Object.values(parameters).map((weights) => euclideanNorm(weights, shrink));
    return tf.sum(tf.stack(norms));
  });
  const [value] = await sum.data();
  sum.dispose();
  return Number.isFinite(value);
}

/** The data of a run as its plan. */
export function planOf({ training, settings }: Training): DataPlan {
  const { batchSize, accumulate, seed } = settings;
  return { rows: training.length, batchSize, accumulate, seed };
}

/** The same run with another kernel for sdpa. */
const underKernel = (run: Training, kernel: StepKernel): Training =>
  kernel === undefined ? run : { ...run, settings: { ...run.settings, kernel } };

class Loop {
  readonly #run: Training;
  readonly #hooks: TrainHooks;
  readonly #plan: DataPlan;
  readonly #rows: StepRows;
  #progress: RunProgress;
  #last: Pick<ComputedStep, 'loss' | 'gradNorm'> = { loss: Number.NaN, gradNorm: Number.NaN };
  /** False once a weight is known not to be finite; it stays so. */
  #good = true;

  constructor(run: Training, hooks: TrainHooks, from: RunProgress) {
    this.#run = run;
    this.#hooks = hooks;
    this.#plan = planOf(run);
    this.#rows = new StepRows(this.#plan);
    this.#progress = from;
  }

  get progress(): RunProgress {
    return this.#progress;
  }

  async #update(step: number, computed: ComputedStep, observe: Observer): Promise<void> {
    await updateWeights(this.#run, step, computed, observe);
  }

  /** Tells of a step (counted from 0) that is not finite, with the means to compute it again. */
  async #report(
    step: number,
    { loss, gradNorm }: Pick<ComputedStep, 'loss' | 'gradNorm'>,
    { action, reason = '' }: StepDecision,
    weightsFinite: boolean,
  ): Promise<void> {
    await this.#hooks.onNonFinite({
      step: step + 1,
      loss,
      gradNorm,
      action,
      reason,
      weightsFinite,
      replay: async (observer = unobserved, kernel) => {
        const computed = await computeStep(underKernel(this.#run, kernel), this.#rows, step, observer);
        disposeStep(computed);
        return { loss: computed.loss, gradNorm: computed.gradNorm };
      },
      redo: (from, restore, observer, kernel) => this.#redo(step, from, restore, observer, kernel),
    });
  }

  /** One step without a word to the hooks. */
  async #quietStep(step: number, observe: Observer, kernel?: StepKernel): Promise<void> {
    const computed = await computeStep(underKernel(this.#run, kernel), this.#rows, step, observe);
    const { action } = decideStep(computed.loss, computed.gradNorm, this.#run.settings.onNonFinite);
    if (action === 'update') await this.#update(step, computed, observe);
    disposeStep(computed);
  }

  async #redo(
    until: number,
    from: RunProgress,
    restore: () => Promise<void>,
    observer: Observer = unobserved,
    kernel?: StepKernel,
  ): Promise<number | undefined> {
    await restore();
    let broken: number | undefined;
    for (let step = from.step; step <= until && broken === undefined; step++) {
      await this.#quietStep(step, unobserved);
      if (!(await weightsAreFinite(this.#run.model))) broken = step;
    }
    if (broken === undefined) return undefined;
    await restore();
    for (let step = from.step; step < broken; step++) await this.#quietStep(step, unobserved);
    await this.#quietStep(broken, observer, kernel);
    return broken + 1;
  }

  /** @returns Whether the run may go on. */
  async step(): Promise<boolean> {
    const { onNonFinite } = this.#run.settings;
    const { step } = this.#progress;
    const observe = this.#hooks.observe ?? unobserved;
    const started = performance.now();
    const computed = await computeStep(this.#run, this.#rows, step, observe);
    this.#last = { loss: computed.loss, gradNorm: computed.gradNorm };
    let milliseconds = performance.now() - started;
    const decision = decideStep(computed.loss, computed.gradNorm, onNonFinite);
    const finite = decision.reason === undefined;
    try {
      // Told, and computed again, with the weights that gave it: before the update.
      if (!finite) {
        const weightsFinite = await weightsAreFinite(this.#run.model);
        this.#good &&= weightsFinite;
        await this.#report(step, computed, decision, weightsFinite);
      }
      if (decision.action === 'update') {
        const before = performance.now();
        await this.#update(step, computed, observe);
        milliseconds += performance.now() - before;
        if (!finite) this.#good &&= await weightsAreFinite(this.#run.model);
      }
      const seconds = milliseconds / 1000;
      this.#hooks.onStep({
        step: step + 1,
        epoch: epochsAfter(this.#plan, step + 1),
        loss: computed.loss,
        gradNorm: computed.gradNorm,
        learningRate: learningRateOf(this.#run, step),
        tokens: computed.tokens,
        seconds,
        tokensPerSecond: computed.tokens / seconds,
        bytes: tf.memory().numBytes,
        action: decision.action,
      });
    } finally {
      disposeStep(computed);
    }
    if (decision.action === 'stop') return false;
    this.#progress = {
      ...this.#progress,
      step: step + 1,
      tokens: this.#progress.tokens + computed.tokens,
      skipped: this.#progress.skipped + (decision.action === 'skip' ? 1 : 0),
    };
    return true;
  }

  /** @returns Whether this evaluation is the best so far. */
  async evaluate(): Promise<boolean> {
    const { model, validation, settings } = this.#run;
    if (!validation) return false;
    const { loss, perplexity, accuracy, supervisedTokens } = await validate(model, validation, settings);
    const { step } = this.#progress;
    this.#hooks.onValidation({ step, loss, perplexity, accuracy, tokens: supervisedTokens });
    this.#progress = afterEvaluation(this.#progress, loss);
    return this.#progress.best?.step === step;
  }

  /**
   * Saves, unless a weight is not finite. Then the last checkpoint is the last good state, and an update of which no
   * loss told is reported here.
   *
   * @returns Whether the run may go on.
   */
  async save(reasons: readonly SaveReason[]): Promise<boolean> {
    if (reasons.length === 0 || !this.#good) return true;
    if (await weightsAreFinite(this.#run.model)) {
      await this.#hooks.save(this.#progress, reasons);
      return true;
    }
    this.#good = false;
    const { onNonFinite } = this.#run.settings;
    const reason = 'a weight is not finite after the update, though loss and gradient norm were';
    const action = onNonFinite === 'stop' ? 'stop' : 'update';
    await this.#report(this.#progress.step - 1, this.#last, { action, reason }, false);
    return action !== 'stop';
  }
}

export interface TrainResult {
  readonly progress: RunProgress;
  readonly end: TrainEnd;
}

/**
 * Trains. The model's weights and the optimizer's state are changed in place; everything else about a run is in
 * `from`, so that a run continued from a checkpoint takes the same steps, bit for bit, as one that never stopped.
 */
export async function train(
  run: Training,
  hooks: TrainHooks,
  from: RunProgress = atTheStart,
): Promise<TrainResult> {
  const { steps, evalEvery, saveEvery, patience } = run.settings;
  const loop = new Loop(run, hooks, from);
  let saved = from.step;
  const save = (reasons: readonly SaveReason[]): Promise<boolean> => {
    if (reasons.length > 0) saved = loop.progress.step;
    return loop.save(reasons);
  };
  const finish = async (end: TrainEnd): Promise<TrainResult> => {
    const good = loop.progress.step === saved || (await save(['last']));
    return { progress: loop.progress, end: good ? end : 'non-finite' };
  };
  while (loop.progress.step < steps) {
    // A CPU backend answers a read at once: without this turn of the event loop nobody could ask for a stop.
    await tf.nextFrame();
    if (hooks.stopWanted()) return finish('interrupted');
    // The weights before a step that is not finite are good ones: they are kept.
    if (!(await loop.step())) return finish('non-finite');
    const { step } = loop.progress;
    const best = isDue(step, evalEvery, steps) && (await loop.evaluate());
    const reasons: SaveReason[] = [
      ...(best ? (['best'] as const) : []),
      ...(step === steps
        ? (['last'] as const)
        : isDue(step, saveEvery, steps)
          ? (['periodic'] as const)
          : []),
    ];
    if (!(await save(reasons))) return finish('non-finite');
    if (patienceIsOver(loop.progress, patience)) return finish('patience');
  }
  return finish('steps');
}
